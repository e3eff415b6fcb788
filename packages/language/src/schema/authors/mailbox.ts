/** The keys of `author: {kind: mailbox, …}`: a folder in which somebody answers. */
import { z } from 'zod';
import { createDeadlineKey, instructions, maxPromptTokens } from './prompt-keys';

const DEFAULT_FOLDER = 'mailbox';
const DEFAULT_DEADLINE_SECONDS = 1800;

/** The keys of the author `mailbox`. */
export const mailbox = z.strictObject({
  kind: z.literal('mailbox').describe('A folder in which somebody answers: a person, or an agent of yours.'),
  folder: z
    .string()
    .min(1)
    .default(DEFAULT_FOLDER)
    .meta({ title: "a folder's path, from the notebook's folder" })
    .describe('Where requests are put, each in FOLDER/RUN/NUMBER, whose README.md says how to answer.'),
  deadline: createDeadlineKey(
    DEFAULT_DEADLINE_SECONDS,
    'How long one answer is waited for; the run is paused then, and an answer that comes later is taken when the cell is run again.',
  ),
  max_prompt_tokens: maxPromptTokens,
  instructions,
});

/** Settings of the author `mailbox`, as the engine takes them. */
export type MailboxDeclaration = {
  readonly kind: 'mailbox';
  readonly folder: string;
  readonly deadlineSeconds: number;
  readonly maxPromptTokens: number;
  readonly instructions: string | null;
};

/** Fills the defaults and takes the engine's names. */
export function toMailbox(settings: z.output<typeof mailbox>): MailboxDeclaration {
  const { kind, folder, deadline, max_prompt_tokens: tokens, instructions: words } = settings;
  return { kind, folder, deadlineSeconds: deadline, maxPromptTokens: tokens, instructions: words ?? null };
}
