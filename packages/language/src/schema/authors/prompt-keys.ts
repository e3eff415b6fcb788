/** The keys of authors that are asked in words: what their prompts say. */
import { z } from 'zod';

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
