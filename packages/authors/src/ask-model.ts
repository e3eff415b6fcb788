/** One call of the author `openai` in words: what is sent, what came back, and why nothing did. */
import type { AuthorFailure, AuthorRequest, BudgetLeft, CallLog, PendingAnswer } from '@policybook/engine';
import { findListPrice, type Result } from '@policybook/protocol';
import type { OpenAI } from 'openai';
import { createFailure } from './author-failure';
import { estimateInput, type ChatRequest } from './chat-request';
import type { AnswerLimits } from './answer-limits';
import type { SaidSoFar, SpokenAnswer } from './correspondent';
import { callModel, type FailedCall } from './model-call';
import type { ModelResponse, SpentAttempts } from './model-response';
import { OFFICIAL_SERVER, type OpenAiSettings } from './openai-settings';
import { quoteInLine } from './quoted';
import type { RetryPolicy } from './retry';
import type { Secret } from './secret';
import { addTokens, countAffordableOutput, describeCallUsage, takeOff, type TokenPrice } from './usage';

/** An answer with less room than this many tokens would only be cut off. */
const MIN_OUTPUT_TOKENS = 256;

/** What proposing needs besides the request. */
export interface OpenAiContext {
  readonly settings: OpenAiSettings;
  readonly secret: Secret;
  readonly calls: CallLog;
  readonly notice: (message: string) => void;
  readonly retries: RetryPolicy;
  /** Milliseconds for one call, all attempts included. */
  readonly deadline: number;
  readonly limits: AnswerLimits;
}

/** What all calls of one author share. */
export interface AskingContext {
  readonly context: OpenAiContext;
  readonly connect: () => Promise<OpenAI>;
}

/** Asks for the next answer after `turns`, on which `usage` was spent. */
export async function askModel(
  { context, connect }: AskingContext,
  request: AuthorRequest,
  { prompt, turns, usage, tools, sample: answer = 0 }: SaidSoFar,
): Promise<Result<SpokenAnswer, AuthorFailure>> {
  const { calls, secret, notice, retries, deadline, limits } = context;
  const settings = chooseModel(context.settings, turns);
  const left = takeOff(request.left, usage);
  const chat = buildChatRequest(settings, left, { prompt, turns, ...(tools !== undefined && { tools }) });
  // Who bounds answers more tightly than that has chosen so.
  const least = Math.min(MIN_OUTPUT_TOKENS, settings.maxTokens);
  if (chat.maxTokens < least || (left.calls !== null && left.calls < 1))
    return createFailure('budget', 'What is left of the budget does not pay for another answer.', {
      call: null,
      usage: {},
    });
  const { generation: sample, signal } = request;
  const subject = { server: settings.baseUrl ?? OFFICIAL_SERVER, sample, answer, request: chat };
  const { price } = settings;
  const input = estimateInput(chat);
  const canPay = ({ answered, lost }: SpentAttempts): boolean => {
    const rest = takeOff(left, describeCallUsage(answered, lost, price));
    const affordable = countAffordableOutput(rest, input, chat.maxTokens, price);
    return (rest.calls ?? 1) >= 1 && affordable >= chat.maxTokens;
  };
  const bounds = { retries, deadline, limits, canPay, signal };
  const onAnswering =
    request.onAnswering && ((pending: PendingAnswer | null) => request.onAnswering?.(answer, pending));
  const result = await callModel(subject, { connect, calls, secret, notice, onAnswering, ...bounds });
  const call = `${result.hash}.json`;
  if (!result.ok) return createCallFailure(settings, result, call);
  return readResponse(price, result.response, call);
}

/**
 * The settings for a call: what mends a text that was said before may be another model than the one that wrote it. Its price is
 * the cell's, else that of the list; `null` where it is in neither.
 */
function chooseModel(settings: OpenAiSettings, turns: SaidSoFar['turns']): OpenAiSettings {
  const { repair } = settings;
  const chosen =
    repair === undefined || turns.at(-1)?.isRepair !== true ? settings : { ...settings, ...repair };
  return { ...chosen, price: chosen.price ?? findListPrice(chosen.model, chosen.baseUrl) };
}

function buildChatRequest(
  settings: OpenAiSettings,
  left: BudgetLeft,
  said: Pick<ChatRequest, 'prompt' | 'turns' | 'tools'>,
): ChatRequest {
  const { model, temperature, price, baseUrl, maxTokens: most, reasoning, body, api } = settings;
  const maxTokens = countAffordableOutput(left, estimateInput(said), most, price);
  const further = { ...body, ...(reasoning !== undefined && { reasoning_effort: reasoning }) };
  const chat = { model, ...said, temperature, maxTokens, further, compatible: baseUrl !== null };
  return api === undefined ? chat : { ...chat, api };
}

/** Obeys the stop reason first: a cut-off file is never run, a refusal is an outcome. */
function readResponse(
  price: TokenPrice,
  response: ModelResponse,
  call: string,
): Result<SpokenAnswer, AuthorFailure> {
  const tokens = addTokens(response.usage, response.lost);
  const usage = describeCallUsage(response.answered, tokens, price);
  const spent = { call, usage };
  const { finishReason, refusal, content, toolCalls } = response;
  if (finishReason === 'length')
    return createFailure(
      'truncated',
      'The answer was cut off at its token limit; raise author.max_tokens.',
      spent,
    );
  if (refusal !== null || finishReason === 'content_filter')
    return createFailure('refusal', `The model refused: ${quoteInLine(refusal ?? 'content filter')}`, spent);
  return { ok: true, value: { ...spent, content, ...(toolCalls !== undefined && { toolCalls }) } };
}

function formatFailure(settings: OpenAiSettings, result: FailedCall): string {
  const server = settings.baseUrl ?? OFFICIAL_SERVER;
  const said = quoteInLine(result.message, 400);
  switch (result.code) {
    case 'cancelled':
    case 'deadline':
      return result.message;
    case 'budget':
      return `What is left of the budget does not pay for another answer: ${said}`;
    case 'too_large':
      return `${server} sends no answer of a model: ${said}`;
    case 'unauthorized':
      return settings.keyVariable === null
        ? `${server} wants a key, and author.key names none: ${said}`
        : `${server} does not take the key in ${settings.keyVariable}: ${said}`;
    case 'quota':
      return `${server} says that the account's quota or spend limit is used up: ${said}`;
    case 'bad_request':
      return `${server} refused the request: ${said}`;
    case 'no_interface':
      return settings.api === 'responses'
        ? `${server} has no Responses API, which api: responses asks by: ${said}. Write api: chat into the author, which all compatible servers have.`
        : `${server} has no chat completions: ${said}. Does author.base_url lead to an OpenAI-compatible server, and to its path (mostly /v1)?`;
    case 'rate_limited':
    case 'server_error':
    case 'network':
    case 'malformed_stream':
      return `${server} gave no answer in ${formatAttempts(result.attempts)}: ${said}`;
  }
}

const formatAttempts = (attempts: number): string => (attempts === 1 ? '1 attempt' : `${attempts} attempts`);

/** A call that failed cost what the attempts did that the server had taken, and nothing else that is known of. */
function createCallFailure(settings: OpenAiSettings, result: FailedCall, call: string): AuthorFailure {
  const { code, lost, status, answered, isLasting, isOutage } = result;
  const usage = describeCallUsage(answered, lost, settings.price);
  return createFailure(code, formatFailure(settings, result), { call, usage, status, isLasting, isOutage });
}
