/** The settings of the author `openai`. */
import { z } from 'zod';

/** The author's name in the cell language. */
export const OPENAI = 'openai';
/** The server where none is named. */
export const OFFICIAL_SERVER = 'https://api.openai.com/v1';

const price = z
  .strictObject({ input: z.number(), cachedInput: z.number().exactOptional(), output: z.number() })
  .nullable();

/** Schema of the settings. */
export const openAiSettings = z.strictObject({
  kind: z.literal(OPENAI),
  model: z.string(),
  /** Any OpenAI-compatible server; `null` for OpenAI's own. */
  baseUrl: z.string().nullable(),
  /** Name of the environment variable that holds the key, which is never recorded; `null` for a server that is sent none. */
  keyVariable: z.string().nullable(),
  temperature: z.number().nullable(),
  maxTokens: z.int().positive(),
  /** Its price, as the cell gives it; `null` for that of the list, where it has the model. */
  price,
  /** The user's own words to the author. */
  instructions: z.string().nullable(),
  /** The most tokens of a prompt, as `estimateTokens` counts them; absent in records of earlier versions, for no limit. */
  maxPromptTokens: z.int().positive().exactOptional(),
  /** `agent`: the model uses tools before it proposes, in at most so many answers; absent for one answer, one policy. */
  agent: z.strictObject({ mostTurns: z.int().positive() }).exactOptional(),
  /** By which interface the model is asked; absent for chat completions. */
  api: z.literal('responses').exactOptional(),
  /** `false`: answers are whole files, for models that cannot write edits; absent otherwise. */
  edits: z.literal(false).exactOptional(),
  /** So many answers to each prompt, side by side; absent for one. */
  samples: z.int().min(2).exactOptional(),
  /** The model that mends what cannot be played, with its price; absent for the same model. */
  repair: z.strictObject({ model: z.string(), price }).exactOptional(),
  /** How much the model is to reason, `reasoning_effort` of the request; absent for the server's own. */
  reasoning: z.enum(['low', 'medium', 'high']).exactOptional(),
  /** Further fields of the request's body; absent for none. */
  body: z.record(z.string(), z.json()).exactOptional(),
  /** Milliseconds for one call, all attempts included; absent for ten minutes. */
  deadlineMs: z.number().positive().exactOptional(),
  /** `none`: every answer is one to the first prompt, independent of what came of the others; absent otherwise. */
  memory: z.literal('none').exactOptional(),
});
/** Settings of the author `openai`. */
export type OpenAiSettings = z.infer<typeof openAiSettings>;
