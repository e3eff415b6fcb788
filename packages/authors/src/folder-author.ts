/** Authors that are asked by folders: what a mailbox and a program have in common. */
import type { Author, AuthorTraits } from '@policybook/engine';
import { askByFolder, type FolderAuthor } from './ask-by-folder';
import type { Correspondent } from './correspondent';
import { probeFirst } from './first-probe';
import { MAX_REPAIRS, proposePolicy } from './propose-policy';

/** What authors that are asked by folders are like: each answer is a call. */
export const FOLDER_TRAITS: AuthorTraits = {
  spendsModelCalls: true,
  hasIndependentSamples: false,
  readsWords: true,
  answersFromOutside: true,
};

/** What the settings of each of them say. */
export interface FolderSettings {
  readonly instructions: string | null;
  readonly maxPromptTokens: number;
}

/** Makes the author of a run. */
export function createFolderAuthor(
  folderAuthor: FolderAuthor,
  { instructions, maxPromptTokens }: FolderSettings,
  notice: (message: string) => void,
): Author {
  const { kind } = folderAuthor;
  notice(`The tokens of the author ${kind} are estimated from the lengths of the texts.`);
  return probeFirst({
    kind,
    ...FOLDER_TRAITS,
    propose: async (request) => {
      const correspondent: Correspondent = {
        name: kind,
        prompts: { instructions, mostTokens: maxPromptTokens, allowsEdits: true },
        mostRepairs: MAX_REPAIRS,
        ask: (each, said) => askByFolder(folderAuthor, each, said),
      };
      const answer = await proposePolicy(correspondent, request);
      return answer.ok ? { ok: true, value: { ...answer.value, isUnmetered: true } } : answer;
    },
  });
}
