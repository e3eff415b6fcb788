/** The `mailbox` author: a folder in which somebody (a person, a coding agent, a model without a server) answers. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isFinished, type Author, type AuthorRequest, type RunState } from '@policybook/engine';
import type { Result } from '@policybook/protocol';
import { z } from 'zod';
import readme from '../prompts/mailbox.md';
import reply from '../prompts/mailbox-reply.md';
import {
  createCancelled,
  createFolderFailure,
  type FolderAnswer,
  type FolderAuthor,
  type FolderFailure,
} from './ask-by-folder';
import { defineAuthor, type AuthorDefinition, type AuthorDependencies } from './author-kind';
import { formatDuration } from './duration';
import { createFolderAuthor, FOLDER_TRAITS } from './folder-author';
import { MAX_REPAIRS } from './propose-policy';
import { fillTemplate } from './template';

const MAILBOX = 'mailbox';
/** The file that says that an answer is complete. */
const DONE_FILE = 'done';
/** The file beside the request folders that says that the run has ended or is paused. */
const STOPPED_FILE = 'stopped.md';
/** Milliseconds between two looks into the folder. */
const LOOK_MS = 250;

/** Schema of the settings. */
const mailboxSettings = z.strictObject({
  kind: z.literal(MAILBOX),
  /** Where its folders are, from the notebook's folder; one of the run's name is made in it. */
  folder: z.string(),
  /** How long one answer is waited for. */
  deadlineSeconds: z.number().positive(),
  maxPromptTokens: z.int().positive(),
  instructions: z.string().nullable(),
});
type MailboxSettings = z.infer<typeof mailboxSettings>;

/** The `mailbox` author: asks by a folder, and waits until somebody has answered in it. */
export const mailbox = defineAuthor(mailboxSettings, (settings): AuthorDefinition => ({
  ...FOLDER_TRAITS,
  sampling: null,
  findObstacle: () => null,
  create: (dependencies) => ({ ok: true, value: createMailbox(settings, dependencies) }),
}));

function createMailbox(settings: MailboxSettings, dependencies: AuthorDependencies): Author {
  const { folder, deadlineSeconds } = settings;
  const deadline = formatDuration(deadlineSeconds);
  const folders = dependencies.openRequests(folder);
  const author: FolderAuthor = {
    kind: MAILBOX,
    folders,
    calls: dependencies.calls,
    marker: DONE_FILE,
    describeFiles: ({ state }) =>
      new Map([
        [
          'README.md',
          `${fillTemplate(readme, { run: state.run, repairs: String(MAX_REPAIRS), deadline })}\n`,
        ],
      ]),
    redactJson: (value) => value,
    formatReply: (text) => fillTemplate(reply, { reply: text }),
    awaitAnswer: async (name, request) => {
      const path = folders.locate(name);
      request.onActivity?.(
        `waiting for answer.md or policy.py, and then ${DONE_FILE}, in ${path}, for ${deadline} at most`,
      );
      await folders.post(STOPPED_FILE, null);
      return waitUntil(() => folders.has(name, DONE_FILE), request, {
        milliseconds: 1000 * deadlineSeconds,
        message: `No answer came in ${path} within ${deadline}. Leave the answer there as its README.md says and run the cell again, which takes it.`,
      });
    },
  };
  return {
    ...createFolderAuthor(author, settings, dependencies.notice),
    close: (state) => folders.post(STOPPED_FILE, `${describeStop(state)}\n`),
  };
}

/** Says to those who answer that nothing is waited for any more, and whether an answer is still of use. */
function describeStop(state: RunState | null): string {
  if (state === null)
    return 'The run was ended by an error, which its notebook shows. An answer to an open request is taken when its cell is run again.';
  const { run, stopped } = state;
  const why = stopped === null ? '' : `: ${stopped.message}`;
  return isFinished(state)
    ? `The run ${run} has ended${why}. Nothing that is left here is read any more.`
    : `The run ${run} is paused${why}. An answer to an open request is taken when its cell is run again.`;
}

/** Looks again and again, until something is there, the run is stopped, or the time is over. */
async function waitUntil(
  isThere: () => Promise<boolean>,
  { signal }: AuthorRequest,
  deadline: { readonly milliseconds: number; readonly message: string },
): Promise<Result<FolderAnswer, FolderFailure>> {
  const limit = AbortSignal.timeout(deadline.milliseconds);
  const either = AbortSignal.any([signal, limit]);
  for (;;) {
    if (await isThere()) return { ok: true, value: { record: {} } };
    if (signal.aborted) return createCancelled();
    if (limit.aborted)
      return createFolderFailure('deadline', deadline.message, { isLasting: true, isOutage: true });
    // Either signal ends the pause; which of them did is looked at above.
    await sleep(LOOK_MS, null, { signal: either }).catch(() => null);
  }
}
