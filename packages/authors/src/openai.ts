/** The `openai` author in its simplest form: one prompt, one answer, one policy file. */
import type { Author, AuthorAnswer, AuthorFailure, AuthorRequest, CallLog } from '@policybook/engine';
import type { Failure, ResourceUsage, Result } from '@policybook/protocol';
import type { OpenAI } from 'openai';
import { z } from 'zod';
import { readAnswer } from './answer';
import { defineAuthor, type AuthorDefinition, type AuthorDependencies, type Variables } from './author-kind';
import type { ChatRequest } from './chat-stream';
import { callModel, type CallResult } from './model-call';
import type { ModelResponse } from './model-response';
import { writePrompt } from './prompt';
import { quoteInLine } from './quoted';
import { DEFAULT_RETRIES, type RetryPolicy } from './retry';
import { Secret } from './secret';
import { addTokens, countAffordableOutput, estimateTokens, describeCallUsage } from './usage';
import { removeMemory } from './without-memory';

const KIND = 'openai';

const openAiSettings = z.strictObject({
  kind: z.literal(KIND),
  model: z.string(),
  /** Any OpenAI-compatible server; `null` for OpenAI's own. */
  baseUrl: z.string().nullable(),
  /** Name of the environment variable that holds the key; the key itself is never recorded. */
  keyVariable: z.string(),
  temperature: z.number().nullable(),
  maxTokens: z.int().positive(),
  /** US dollars a million tokens, for the money budget; `null` when unknown. */
  price: z.strictObject({ input: z.number(), output: z.number() }).nullable(),
  /** The user's own words to the author. */
  instructions: z.string().nullable(),
  /** `none`: every answer is one to the first prompt, independent of what came of the others; absent otherwise. */
  memory: z.literal('none').exactOptional(),
});
/** Settings of the author `openai`. */
export type OpenAiSettings = z.infer<typeof openAiSettings>;

/** What proposing needs besides the request. */
interface OpenAiContext {
  readonly settings: OpenAiSettings;
  readonly secret: Secret;
  readonly calls: CallLog;
  readonly notice: (message: string) => void;
  readonly retries: RetryPolicy;
  /** Milliseconds for one call, all attempts included. */
  readonly deadline: number;
}

const OFFICIAL_SERVER = 'https://api.openai.com/v1';
/** An answer with less room than this many tokens would only be cut off. */
const MIN_OUTPUT_TOKENS = 256;
/** Milliseconds for one call, all attempts included. */
const DEFAULT_DEADLINE_MS = 600_000;

/** The `openai` author: a language model behind any OpenAI-compatible server. */
export const openAi = defineAuthor(openAiSettings, (settings): AuthorDefinition => ({
  spendsModelCalls: true,
  hasIndependentSamples: settings.memory === 'none',
  sampling: { ...settings, memory: 'none' },
  findObstacle: (variables) => (findKey(settings, variables) === null ? createMissingKey(settings) : null),
  create: (dependencies) => createOpenAi(settings, dependencies),
}));

function createOpenAi(settings: OpenAiSettings, dependencies: AuthorDependencies): Result<Author> {
  const key = findKey(settings, dependencies.variables);
  if (key === null) return createMissingKey(settings);
  const { calls, retries, deadline = DEFAULT_DEADLINE_MS } = dependencies;
  const noticed = new Set<string>();
  const context: OpenAiContext = {
    settings,
    secret: new Secret(key),
    calls,
    retries: { ...DEFAULT_RETRIES, ...retries },
    deadline,
    notice: (message) => {
      if (noticed.has(message)) return;
      noticed.add(message);
      dependencies.notice(message);
    },
  };
  let client: Promise<OpenAI> | undefined;
  const connect = (): Promise<OpenAI> => (client ??= createClient(context));
  const author: Author = {
    kind: KIND,
    spendsModelCalls: true,
    hasIndependentSamples: false,
    propose: (request) => propose(context, connect, request),
  };
  return { ok: true, value: settings.memory === 'none' ? removeMemory(author) : author };
}

function findKey({ keyVariable }: OpenAiSettings, variables: Variables): string | null {
  const key = variables[keyVariable]?.trim() ?? '';
  return key === '' ? null : key;
}

function createMissingKey({ keyVariable, baseUrl }: OpenAiSettings): Failure {
  const anyValue = baseUrl === null ? '' : ' A server that needs no key takes any value.';
  return {
    ok: false,
    code: 'missing_key',
    message:
      `The author openai needs the environment variable ${keyVariable}, which is not set. ` +
      `Set it to your key where you start Jupyter (export ${keyVariable}=…) and start Jupyter again, name another ` +
      `variable with author.key, or write author: search, which needs no key.${anyValue}`,
    detail: { variable: keyVariable },
  };
}

/** Loads the SDK when it is first needed: it takes 90 ms, and most runs have no model. */
async function createClient({ settings, secret, deadline }: OpenAiContext): Promise<OpenAI> {
  const { OpenAI } = await import('openai');
  return new OpenAI({
    apiKey: secret.value,
    // Named always: the SDK would take these from variables that the declaration says nothing of.
    baseURL: settings.baseUrl ?? OFFICIAL_SERVER,
    organization: null,
    project: null,
    // Retries are ours (`retry.ts`), and so is the deadline; the SDK's timeout bounds silence only.
    maxRetries: 0,
    timeout: deadline,
    logLevel: 'off',
  });
}

async function propose(
  context: OpenAiContext,
  connect: () => Promise<OpenAI>,
  request: AuthorRequest,
): Promise<Result<AuthorAnswer, AuthorFailure>> {
  const { settings, calls, secret, notice, retries, deadline } = context;
  const chat = buildChatRequest(context, request);
  if (chat.maxTokens < MIN_OUTPUT_TOKENS)
    return createFailure('budget', 'What is left of the budget does not pay for another answer.', {
      call: null,
      usage: {},
    });
  const { generation: sample, signal, left } = request;
  const subject = { server: settings.baseUrl ?? OFFICIAL_SERVER, sample, request: chat };
  const limits = { retries, deadline, callsLeft: left.calls, signal };
  const result = await callModel(subject, { connect, calls, secret, notice, ...limits });
  const call = `${result.hash}.json`;
  if (!result.ok) return createCallFailure(settings, result, call);
  return readResponse(settings, result.response, request, call);
}

function buildChatRequest({ settings }: OpenAiContext, request: AuthorRequest): ChatRequest {
  const { model, temperature, price, baseUrl, instructions } = settings;
  const prompt = writePrompt(request, instructions);
  const input = estimateTokens(prompt.system + prompt.user);
  const maxTokens = countAffordableOutput(request.left, input, settings.maxTokens, price);
  return { model, prompt, temperature, maxTokens, compatible: baseUrl !== null };
}

/** Obeys the stop reason first: a cut-off file is never run, a refusal is an outcome. */
function readResponse(
  settings: OpenAiSettings,
  response: ModelResponse,
  { generation, state }: AuthorRequest,
  call: string,
): Result<AuthorAnswer, AuthorFailure> {
  const tokens = addTokens(response.usage, response.lost);
  const usage = describeCallUsage(response.answered, tokens, settings.price);
  const spent = { call, usage };
  const { finishReason, refusal, content } = response;
  if (finishReason === 'length')
    return createFailure(
      'truncated',
      'The answer was cut off at its token limit; raise author.max_tokens.',
      spent,
    );
  if (refusal !== null || finishReason === 'content_filter')
    return createFailure('refusal', `The model refused: ${quoteInLine(refusal ?? 'content filter')}`, spent);
  const taken = new Set(Array.from(state.candidates.values(), ({ label }) => label));
  const answer = readAnswer(content, `${settings.model} ${generation + 1}`, taken);
  if (!answer.ok) return createFailure(answer.code, answer.message, spent);
  return { ok: true, value: { proposals: [answer.proposal], findings: [], exhausted: false, call, usage } };
}

function formatFailure(settings: OpenAiSettings, result: Extract<CallResult, { ok: false }>): string {
  const server = settings.baseUrl ?? OFFICIAL_SERVER;
  const said = quoteInLine(result.message, 400);
  switch (result.code) {
    case 'cancelled':
    case 'deadline':
      return result.message;
    case 'unauthorized':
      return `${server} does not take the key in ${settings.keyVariable}: ${said}`;
    case 'quota':
      return `${server} says that the account's quota or spend limit is used up: ${said}`;
    case 'bad_request':
      return `${server} refused the request: ${said}`;
    case 'rate_limited':
    case 'server_error':
    case 'network':
    case 'malformed_stream':
      return `${server} gave no answer in ${formatAttempts(result.attempts)}: ${said}`;
  }
}

const formatAttempts = (attempts: number): string => (attempts === 1 ? '1 attempt' : `${attempts} attempts`);

/** A call that failed cost what the attempts did that the server had taken, and nothing else that is known of. */
function createCallFailure(
  settings: OpenAiSettings,
  result: Extract<CallResult, { ok: false }>,
  call: string,
): AuthorFailure {
  const { code, lost, status, answered, isLasting } = result;
  const usage = describeCallUsage(answered, lost, settings.price);
  return createFailure(code, formatFailure(settings, result), { call, usage, status, isLasting });
}

/** What a failure had spent; `status` is the server's, where it answered, and `isLasting` as in `AuthorFailure`. */
interface FailedSpending {
  readonly call: string | null;
  readonly usage: ResourceUsage;
  readonly status?: number | null;
  readonly isLasting?: boolean;
}

function createFailure(code: string, message: string, spent: FailedSpending): AuthorFailure {
  const { call, usage, status = null, isLasting = false } = spent;
  return { ok: false, code, message, detail: { status }, call, usage, isLasting };
}
