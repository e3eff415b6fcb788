/** The keys of `author: {kind: openai, …}`: a language model behind any OpenAI-compatible server. */
import { findListPrice, MODEL_PRICES_READ, type ModelPrice } from '@policybook/protocol';
import { z } from 'zod';
import { duration } from '../quantities';
import { instructions, maxPromptTokens } from './prompt-keys';

/** Used when `author: openai` names no model and no server of its own. */
const DEFAULT_MODEL = 'gpt-5-mini';
const DEFAULT_KEY_VARIABLE = 'OPENAI_API_KEY';
const DEFAULT_MAX_TOKENS = 16_384;
const DEFAULT_MAX_TURNS = 16;

const price = z
  .strictObject({
    input: z.number().nonnegative().describe('US dollars a million input tokens.'),
    cached_input: z
      .number()
      .nonnegative()
      .exactOptional()
      .describe('US dollars a million input tokens that the server had in its cache. Default: as input.'),
    output: z.number().nonnegative().describe('US dollars a million output tokens, reasoning included.'),
  })
  .meta({ title: 'a mapping with input, output and, where it differs, cached_input' });

/** Fields of a request's body that other keys, or the author itself, decide; and where keys would be written down. */
const RESERVED_FIELDS = [
  'model',
  'messages',
  'stream',
  'stream_options',
  'tools',
  'temperature',
  'max_tokens',
  'max_completion_tokens',
  'input',
  'instructions',
  'max_output_tokens',
  'store',
  'reasoning_effort',
  'n',
  'key',
  'api_key',
  'apikey',
  'authorization',
  'headers',
];

const body = z
  .record(z.string(), z.json())
  .refine((fields) => Object.keys(fields).every((name) => !RESERVED_FIELDS.includes(name.toLowerCase())))
  .meta({
    title:
      'a mapping of further fields such as top_p; none that another key decides (model, messages, tools, temperature, max_tokens, reasoning, samples), and no key or header',
  });

const repairModel = z
  .union([z.string().min(1), z.strictObject({ model: z.string().min(1), price: price.exactOptional() })])
  .meta({ title: "a model's name, or a mapping with model and price" });

/** The most answers to one prompt: more would be a slip of the hand. */
const MAX_SAMPLES = 64;

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
      .exactOptional()
      .meta({
        title: 'the NAME of an environment variable, such as OPENAI_API_KEY, never the key itself',
        format: 'variable',
      })
      .describe(
        `Name of the environment variable that holds the key, or of a key in the system's keyring (policybook key set NAME); the key itself is never written down. Default: ${DEFAULT_KEY_VARIABLE}; none where base_url names a server.`,
      ),
    temperature: z
      .number()
      .min(0)
      .max(2)
      .exactOptional()
      .describe("Sampling temperature. Default: the server's."),
    max_tokens: z.int().positive().default(DEFAULT_MAX_TOKENS).describe('Most tokens of one answer.'),
    max_prompt_tokens: maxPromptTokens,
    price: price
      .exactOptional()
      .describe(
        `Prices in US dollars a million tokens. Default: those of a list of ${MODEL_PRICES_READ.date} for a few models of OpenAI's own server; otherwise what calls cost is unknown.`,
      ),
    instructions,
    api: z
      .enum(['chat', 'responses'])
      .default('chat')
      .describe(
        'By which interface the model is asked: chat completions, which all compatible servers have, or responses.',
      ),
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
    samples: z
      .int()
      .positive()
      .max(MAX_SAMPLES)
      .default(1)
      .describe(
        'Answers to each prompt, asked for side by side and raced together; each is a call. Not with mode: agent.',
      ),
    repair_model: repairModel
      .exactOptional()
      .describe(
        'A model of the same server, mostly a cheap one, that mends what cannot be played. Its price is that of the author, where that has one and it has none of its own. Default: the same model.',
      ),
    reasoning: z
      .enum(['low', 'medium', 'high'])
      .exactOptional()
      .describe("How much the model is to reason (reasoning_effort). Default: the server's."),
    body: body.exactOptional().describe("Further fields of each request's body, as the server knows them."),
    deadline: duration
      .exactOptional()
      .describe('Longest time of one call, all attempts included. Default 10m.'),
    memory: z
      .enum(['run', 'none'])
      .default('run')
      .describe(
        'What the author sees of the run so far: run, all of it; none, nothing, so that its answers are independent samples.',
      ),
  })
  .superRefine(({ model, base_url, mode, samples }, context) => {
    if (mode === 'agent' && samples > 1)
      context.addIssue({
        code: 'custom',
        path: ['samples'],
        message: 'with mode: agent one answer is worked on at a time; leave samples out',
      });
    if (base_url !== undefined && model === undefined)
      context.addIssue({ code: 'custom', path: ['model'], message: 'a server of your own needs a model' });
  });

/** Settings of the author `openai`, as the engine takes them. */
export type OpenAiDeclaration = {
  readonly kind: 'openai';
  readonly model: string;
  readonly baseUrl: string | null;
  /** `null` for a server that is sent no key. */
  readonly keyVariable: string | null;
  readonly temperature: number | null;
  readonly maxTokens: number;
  readonly maxPromptTokens: number;
  readonly price: ModelPrice | null;
  readonly instructions: string | null;
  /** Absent for chat completions. */
  readonly api?: 'responses';
  /** Absent where each answer is a policy. */
  readonly agent?: { readonly mostTurns: number };
  /** Absent where an answer may be edits. */
  readonly edits?: false;
  /** Absent for one answer to a prompt. */
  readonly samples?: number;
  /** Absent where the same model mends. */
  readonly repair?: { readonly model: string; readonly price: OpenAiDeclaration['price'] };
  readonly reasoning?: 'low' | 'medium' | 'high';
  readonly body?: z.output<typeof body>;
  readonly deadlineMs?: number;
  /** Absent where the author sees the run so far. */
  readonly memory?: 'none';
};

/** Whether what calls of these settings cost is known, for each of its models: by the cell, or by the list. */
export function hasKnownPrice(settings: z.output<typeof openai>): boolean {
  const { model, baseUrl, price, repair } = toOpenAi(settings);
  return [{ model, price }, ...(repair === undefined ? [] : [repair])].every(
    (each) => (each.price ?? findListPrice(each.model, baseUrl)) !== null,
  );
}

function toPrice({ input, cached_input, output }: z.output<typeof price>): ModelPrice {
  return { input, ...(cached_input !== undefined && { cachedInput: cached_input }), output };
}

/** Fills the defaults and takes the engine's names. */
export function toOpenAi(settings: z.output<typeof openai>): OpenAiDeclaration {
  return {
    kind: 'openai',
    model: settings.model ?? DEFAULT_MODEL,
    baseUrl: settings.base_url ?? null,
    // A key for one server is not sent to another that a cell names.
    keyVariable: settings.key ?? (settings.base_url === undefined ? DEFAULT_KEY_VARIABLE : null),
    temperature: settings.temperature ?? null,
    maxTokens: settings.max_tokens,
    maxPromptTokens: settings.max_prompt_tokens,
    price: settings.price === undefined ? null : toPrice(settings.price),
    instructions: settings.instructions ?? null,
    ...(settings.api === 'responses' && { api: settings.api }),
    ...(settings.mode === 'agent' && { agent: { mostTurns: settings.max_turns } }),
    ...(!settings.edits && { edits: false }),
    ...(settings.samples > 1 && { samples: settings.samples }),
    ...(settings.repair_model !== undefined && { repair: toRepair(settings.repair_model, settings.price) }),
    ...(settings.reasoning !== undefined && { reasoning: settings.reasoning }),
    ...(settings.body !== undefined && { body: settings.body }),
    ...(settings.deadline !== undefined && { deadlineMs: settings.deadline * 1000 }),
    ...(settings.memory === 'none' && { memory: 'none' }),
  };
}

function toRepair(
  declared: z.output<typeof repairModel>,
  authorPrice: z.output<typeof price> | undefined,
): NonNullable<OpenAiDeclaration['repair']> {
  const { model, price: own } = typeof declared === 'string' ? { model: declared } : declared;
  const known = own ?? authorPrice;
  return { model, price: known === undefined ? null : toPrice(known) };
}
