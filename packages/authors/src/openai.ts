/** The `openai` author in its simplest form: one prompt, one answer, one policy file. */
import type { Failure, Json, Result } from '@policybook/protocol';
import type { Author, AuthorAnswer, AuthorRequest, AuthorSettings, CallLog, ResourceUsage } from '@policybook/engine';
import type { OpenAI } from 'openai';
import { readAnswer } from './answer';
import type { ChatRequest } from './chat-stream';
import { callModel, type CallResult } from './model-call';
import type { ModelResponse } from './model-response';
import { writePrompt } from './prompt';
import { oneLine } from './quoted';
import type { RetryPolicy } from './retry';
import type { Secret } from './secret';
import { addUsage, affordableOutput, costOf, estimateTokens, type Usage } from './usage';

export type OpenAiSettings = Extract<AuthorSettings, { kind: 'openai' }>;

export interface OpenAiContext {
  readonly settings: OpenAiSettings;
  readonly secret: Secret;
  readonly calls: CallLog;
  readonly notice: (message: string) => void;
  readonly retries: RetryPolicy;
  /** Milliseconds for one call, all attempts included. */
  readonly deadline: number;
}

const officialServer = 'https://api.openai.com/v1';
/** An answer with less room than this would only be cut off. */
const leastOutput = 256;

export function openAiAuthor(context: OpenAiContext): Author {
  let client: Promise<OpenAI> | undefined;
  const connect = (): Promise<OpenAI> => (client ??= newClient(context));
  return { kind: 'openai', propose: (request) => propose(context, connect, request) };
}

/** Loads the SDK when it is first needed: it takes 90 ms, and most runs have no model. */
async function newClient({ settings, secret, deadline }: OpenAiContext): Promise<OpenAI> {
  const { OpenAI } = await import('openai');
  return new OpenAI({
    apiKey: secret.value,
    // Named always: the SDK would take these from variables that the declaration says nothing of.
    baseURL: settings.baseUrl ?? officialServer,
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
): Promise<Result<AuthorAnswer>> {
  const { settings, calls, secret, notice, retries, deadline } = context;
  const chat = chatRequest(context, request);
  if (chat.maxTokens < leastOutput)
    return failure('budget', 'What is left of the budget does not pay for another answer.', {
      call: null,
      usage: {},
    });
  const { generation: sample, signal } = request;
  const subject = { server: settings.baseUrl ?? officialServer, sample, request: chat };
  const result = await callModel(subject, { connect, calls, secret, retries, deadline, notice, signal });
  const call = `${result.hash}.json`;
  if (!result.ok) return failure(result.code, failureText(settings, result), vain(settings, result, call));
  return readResponse(settings, result.response, request, call);
}

function chatRequest({ settings }: OpenAiContext, request: AuthorRequest): ChatRequest {
  const { model, temperature, price, baseUrl, instructions } = settings;
  const prompt = writePrompt(request, instructions);
  const input = estimateTokens(prompt.system + prompt.user);
  const maxTokens = affordableOutput(request.left, input, settings.maxTokens, price);
  return { model, prompt, temperature, maxTokens, compatible: baseUrl !== null };
}

/** Obeys the stop reason first: a cut-off file is never run, a refusal is an outcome. */
function readResponse(
  settings: OpenAiSettings,
  response: ModelResponse,
  { generation, state }: AuthorRequest,
  call: string,
): Result<AuthorAnswer> {
  const usage = costOf(addUsage(response.usage, response.lost), settings.price);
  const spent = { call, usage: costJson(usage) };
  const { finishReason, refusal, content } = response;
  if (finishReason === 'length')
    return failure('truncated', 'The answer was cut off at its token limit; raise author.max_tokens.', spent);
  if (refusal !== null || finishReason === 'content_filter')
    return failure('refusal', `The model refused: ${oneLine(refusal ?? 'content filter')}`, spent);
  const taken = new Set(Array.from(state.candidates.values(), ({ label }) => label));
  const answer = readAnswer(content, `${settings.model} ${generation + 1}`, taken);
  if (!answer.ok) return failure(answer.code, answer.message, spent);
  return { ok: true, value: { proposals: [answer.proposal], findings: [], exhausted: false, call, usage } };
}

function failureText(settings: OpenAiSettings, result: Extract<CallResult, { ok: false }>): string {
  const server = settings.baseUrl ?? officialServer;
  const said = oneLine(result.message, 400);
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
      return `${server} gave no answer in ${result.attempts} attempts: ${said}`;
  }
}

/** What a failed call cost: nothing that is known of, unless tokens had come. */
function vain(settings: OpenAiSettings, result: Extract<CallResult, { ok: false }>, call: string): Spending {
  const { lost, status } = result;
  const usage: ResourceUsage = isNothing(lost) ? {} : costOf(lost, settings.price);
  return { call, usage: costJson(usage), status };
}

function costJson(usage: ResourceUsage): Spending['usage'] {
  const spent = Object.entries(usage).flatMap(([name, amount]): [string, number][] =>
    amount === undefined ? [] : [[name, amount]],
  );
  return Object.fromEntries(spent);
}

interface Spending {
  readonly [key: string]: Json;
  readonly call: string | null;
  readonly usage: Readonly<Record<string, Json>>;
}

function isNothing({ input, output }: Usage): boolean {
  return input === 0 && output === 0;
}

function failure(code: string, message: string, detail: Spending): Failure {
  return { ok: false, code, message, detail };
}
