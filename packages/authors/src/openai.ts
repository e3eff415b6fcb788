/** The `openai` author: one prompt, one answer, one policy file; what cannot be played is mended in the same conversation. */
import type {
  Author,
  AuthorAnswer,
  AuthorFailure,
  AuthorRequest,
  BudgetLeft,
  CallLog,
  Proposal,
} from '@policybook/engine';
import { addUsage, type Failure, type ResourceUsage, type Result } from '@policybook/protocol';
import type { OpenAI } from 'openai';
import { z } from 'zod';
import repair from '../prompts/repair.md';
import { readAnswer, type AnswerResult } from './answer';
import { defineAuthor, type AuthorDefinition, type AuthorDependencies, type Variables } from './author-kind';
import { estimateInput, type ChatRequest, type ChatTurn } from './chat-stream';
import { describeFault } from './fault';
import { callModel, type CallResult } from './model-call';
import type { ModelResponse } from './model-response';
import { writePrompt, type Prompt } from './prompt';
import { quoteInLine } from './quoted';
import { DEFAULT_RETRIES, type RetryPolicy } from './retry';
import { Secret } from './secret';
import { fillTemplate } from './template';
import { addTokens, countAffordableOutput, describeCallUsage, takeOff } from './usage';
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
  /** The most tokens of a prompt, as `estimateTokens` counts them; absent in records of earlier versions, for no limit. */
  maxPromptTokens: z.int().positive().exactOptional(),
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
/** How often one answer may be mended. */
const MAX_REPAIRS = 2;
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

/** What was said and spent in the conversation of one answer. */
interface Conversation {
  readonly turns: readonly ChatTurn[];
  /** The names of its calls that were answered, in their order. */
  readonly calls: readonly string[];
  readonly usage: ResourceUsage;
  /** The latest text that it came to; `null` for none. */
  readonly proposal: Proposal | null;
}

/**
 * Asks for one policy. Where its text cannot be read, parsed or played, the conversation goes on with a turn that says what is
 * wrong. What fails in the last turn is proposed as it is: the run says why it failed, and nothing that was paid for is lost.
 */
async function propose(
  context: OpenAiContext,
  connect: () => Promise<OpenAI>,
  request: AuthorRequest,
): Promise<Result<AuthorAnswer, AuthorFailure>> {
  // Independent samples are the first answers, as they are.
  const mostRepairs = context.settings.memory === 'none' ? 0 : MAX_REPAIRS;
  const prompt = await writeRequestPrompt(context, request);
  let said: Conversation = { turns: [], calls: [], usage: {}, proposal: null };
  for (;;) {
    const spoken = await ask({ context, connect, request, prompt }, said);
    if (!spoken.ok) return said.proposal === null ? addSpent(spoken, said) : conclude(said);
    const { call, usage, content, answer } = spoken.value;
    said = { ...said, calls: [...said.calls, call], usage: addUsage(said.usage, usage) };
    if (answer.ok) said = { ...said, proposal: answer.proposal };
    const hasRepair = said.turns.length < mostRepairs;
    if (!answer.ok && !hasRepair && said.proposal === null)
      return addSpent(createFailure(answer.code, answer.message, { call, usage: {} }), said);
    if (!hasRepair) return conclude(said);
    const fault = answer.ok
      ? await findFault(request, answer.proposal)
      : { words: answer.message, usage: {} };
    said = { ...said, usage: addUsage(said.usage, fault.usage) };
    if (fault.words === null) return conclude(said);
    const turn = { answer: content, request: fillTemplate(repair, { failure: fault.words }) };
    said = { ...said, turns: [...said.turns, turn] };
  }
}

/** What is wrong with a text, in words for the model; `null` for nothing. */
async function findFault(
  { check }: AuthorRequest,
  { source }: Proposal,
): Promise<{ readonly words: string | null; readonly usage: ResourceUsage }> {
  const { failure, usage } = await check(source);
  return { words: failure === null ? null : describeFault(source, failure), usage };
}

function conclude({ calls, usage, proposal }: Conversation): Result<AuthorAnswer, AuthorFailure> {
  const proposals = proposal === null ? [] : [proposal];
  const repaired = calls.slice(0, -1);
  const call = calls.at(-1) ?? null;
  const value = { proposals, findings: [], exhausted: false, call, usage };
  return { ok: true, value: repaired.length === 0 ? value : { ...value, repaired } };
}

/** A failure, with what the conversation had spent before it. */
function addSpent(failure: AuthorFailure, { calls, usage }: Conversation): AuthorFailure {
  return { ...failure, call: failure.call ?? calls.at(-1) ?? null, usage: addUsage(usage, failure.usage) };
}

/** One answer of the model's, and what it cost. */
interface SpokenAnswer {
  readonly call: string;
  readonly usage: ResourceUsage;
  readonly content: string;
  readonly answer: AnswerResult;
}

/** What all calls of one conversation share. */
interface AskingContext {
  readonly context: OpenAiContext;
  readonly connect: () => Promise<OpenAI>;
  readonly request: AuthorRequest;
  readonly prompt: Prompt;
}

async function ask(
  { context, connect, request, prompt }: AskingContext,
  { turns, usage }: Conversation,
): Promise<Result<SpokenAnswer, AuthorFailure>> {
  const { settings, calls, secret, notice, retries, deadline } = context;
  const left = takeOff(request.left, usage);
  const chat = buildChatRequest(settings, left, { prompt, turns });
  if (chat.maxTokens < MIN_OUTPUT_TOKENS || (left.calls !== null && left.calls < 1))
    return createFailure('budget', 'What is left of the budget does not pay for another answer.', {
      call: null,
      usage: {},
    });
  const { generation: sample, signal } = request;
  const subject = { server: settings.baseUrl ?? OFFICIAL_SERVER, sample, request: chat };
  const limits = { retries, deadline, callsLeft: left.calls, signal };
  const result = await callModel(subject, { connect, calls, secret, notice, ...limits });
  const call = `${result.hash}.json`;
  if (!result.ok) return createCallFailure(settings, result, call);
  return readResponse(settings, result.response, request, call);
}

function writeRequestPrompt({ settings }: OpenAiContext, request: AuthorRequest): Promise<Prompt> {
  const { instructions, maxPromptTokens = null } = settings;
  return writePrompt(request, { instructions, mostTokens: maxPromptTokens });
}

function buildChatRequest(
  { model, temperature, price, baseUrl, maxTokens: most }: OpenAiSettings,
  left: BudgetLeft,
  said: Pick<ChatRequest, 'prompt' | 'turns'>,
): ChatRequest {
  const maxTokens = countAffordableOutput(left, estimateInput(said), most, price);
  return { model, ...said, temperature, maxTokens, compatible: baseUrl !== null };
}

/** Obeys the stop reason first: a cut-off file is never run, a refusal is an outcome. */
function readResponse(
  settings: OpenAiSettings,
  response: ModelResponse,
  { generation, state }: AuthorRequest,
  call: string,
): Result<SpokenAnswer, AuthorFailure> {
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
  return { ok: true, value: { ...spent, content, answer } };
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
