/** The keys of authors that are asked in words: what their prompts say. */
import { z } from 'zod';
import { duration } from '../quantities';

const DEFAULT_MAX_PROMPT_TOKENS = 12_000;

/** The schema of `max_prompt_tokens:`. */
export const maxPromptTokens = z
  .int()
  .positive()
  .default(DEFAULT_MAX_PROMPT_TOKENS)
  .describe(
    'Most tokens of one prompt, counted as its characters / 4. What is left out for it is said in the prompt; the task, the contract and the text of the best policy never are.',
  );

/** The schema of `instructions:`. */
export const instructions = z.string().min(1).exactOptional().describe('Your own words to the author.');

/** A week; a timer of Node waits three of them at most. */
const MAX_DEADLINE_SECONDS = 7 * 86_400;

/** Makes the schema of `deadline:`, in seconds; `what` says what it bounds and what happens then. */
export function createDeadlineKey(defaultSeconds: number, what: string) {
  return duration
    .refine((seconds) => seconds <= MAX_DEADLINE_SECONDS)
    .default(defaultSeconds)
    .meta({ title: 'a duration of at most 7d, such as 30m' })
    .describe(what);
}
