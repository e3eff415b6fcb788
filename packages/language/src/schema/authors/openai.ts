/** The keys of `author: {kind: openai, …}`: a language model behind any OpenAI-compatible server. */
import { z } from 'zod';

/** Used when `author: openai` names no model and no server of its own. */
const DEFAULT_MODEL = 'gpt-5-mini';
const DEFAULT_KEY_VARIABLE = 'OPENAI_API_KEY';
const DEFAULT_MAX_TOKENS = 16_384;
const DEFAULT_MAX_PROMPT_TOKENS = 12_000;
const DEFAULT_MAX_TURNS = 16;

const price = z
  .strictObject({
    input: z.number().nonnegative().describe('US dollars a million input tokens.'),
    output: z.number().nonnegative().describe('US dollars a million output tokens.'),
  })
  .meta({ title: 'a mapping with input and output, US dollars a million tokens' });

/** The keys of the author `openai`. */
export const openai = z
  .strictObject({
    kind: z.literal('openai').describe('A language model behind any OpenAI-compatible server.'),
    model: z
      .string()
      .min(1)
      .exactOptional()
      .describe(`The model's name. Default ${DEFAULT_MODEL}; with base_url it must be given.`),
    base_url: z
      .string()
      .regex(/^https?:\/\/[^\s@?#]+$/)
      .exactOptional()
      .meta({
        title: 'an address such as http://127.0.0.1:8000/v1, without user, password or query',
        format: 'address',
      })
      .describe("An OpenAI-compatible server. Default: OpenAI's own."),
    key: z
      .string()
      .regex(/^[A-Z_][A-Z0-9_]*$/)
      .default(DEFAULT_KEY_VARIABLE)
      .meta({
        title: 'the NAME of an environment variable, such as OPENAI_API_KEY, never the key itself',
        format: 'variable',
      })
      .describe('Name of the environment variable that holds the key. The key itself is never written down.'),
    temperature: z
      .number()
      .min(0)
      .max(2)
      .exactOptional()
      .describe("Sampling temperature. Default: the server's."),
    max_tokens: z.int().positive().default(DEFAULT_MAX_TOKENS).describe('Most tokens of one answer.'),
    max_prompt_tokens: z
      .int()
      .positive()
      .default(DEFAULT_MAX_PROMPT_TOKENS)
      .describe(
        'Most tokens of one prompt, counted as its characters / 4. What is left out for it is said in the prompt; the task, the contract and the text of the best policy never are.',
      ),
    price: price.exactOptional().describe('Prices for the money budget, US dollars a million tokens.'),
    instructions: z.string().min(1).exactOptional().describe('Your own words to the author.'),
    mode: z
      .enum(['propose', 'agent'])
      .default('propose')
      .describe(
        'propose: each answer is a policy. agent: the model may probe, evaluate, trace and tune by tools before it submits one; every episode of theirs is in the budget.',
      ),
    max_turns: z
      .int()
      .positive()
      .default(DEFAULT_MAX_TURNS)
      .describe('With mode: agent, the most answers of one generation.'),
    edits: z
      .boolean()
      .default(true)
      .describe(
        'Whether an answer may be search/replace edits of an earlier text; false for models that write whole files only.',
      ),
    memory: z
      .enum(['run', 'none'])
      .default('run')
      .describe(
        'What the author sees of the run so far: run, all of it; none, nothing, so that its answers are independent samples.',
      ),
  })
  .superRefine(({ model, base_url }, context) => {
    if (base_url !== undefined && model === undefined)
      context.addIssue({ code: 'custom', path: ['model'], message: 'a server of your own needs a model' });
  });

/** Settings of the author `openai`, as the engine takes them. */
export type OpenAiDeclaration = {
  readonly kind: 'openai';
  readonly model: string;
  readonly baseUrl: string | null;
  readonly keyVariable: string;
  readonly temperature: number | null;
  readonly maxTokens: number;
  readonly maxPromptTokens: number;
  readonly price: { readonly input: number; readonly output: number } | null;
  readonly instructions: string | null;
  /** Absent where each answer is a policy. */
  readonly agent?: { readonly mostTurns: number };
  /** Absent where an answer may be edits. */
  readonly edits?: false;
  /** Absent where the author sees the run so far. */
  readonly memory?: 'none';
};

/** Fills the defaults and takes the engine's names. */
export function toOpenAi(settings: z.output<typeof openai>): OpenAiDeclaration {
  return {
    kind: 'openai',
    model: settings.model ?? DEFAULT_MODEL,
    baseUrl: settings.base_url ?? null,
    keyVariable: settings.key,
    temperature: settings.temperature ?? null,
    maxTokens: settings.max_tokens,
    maxPromptTokens: settings.max_prompt_tokens,
    price: settings.price ?? null,
    instructions: settings.instructions ?? null,
    ...(settings.mode === 'agent' && { agent: { mostTurns: settings.max_turns } }),
    ...(!settings.edits && { edits: false }),
    ...(settings.memory === 'none' && { memory: 'none' }),
  };
}
