/** One answer of a model as it arrived, which is recorded before anything is made of it. */
import type { Json } from '@policybook/protocol';
import type { ToolCall } from './tool-call';
import { describeDetails, NO_TOKENS, type TokenUsage } from './usage';

/** An answer that the server declared complete. */
export interface ModelResponse {
  /** The model that the server says answered. */
  readonly model: string;
  readonly content: string;
  readonly refusal: string | null;
  /** Tools that the model calls before it goes on; absent for none. */
  readonly toolCalls?: readonly ToolCall[];
  readonly finishReason: string;
  /** The usage of the attempt that answered. */
  readonly usage: TokenUsage;
  /** The estimated usage of attempts that broke off after tokens had arrived. */
  readonly lost: TokenUsage;
  readonly attempts: number;
  /** How many of them the server had taken with status 200, this one included: it may charge for each. */
  readonly answered: number;
}

/** What a call has spent that gave no answer, or none yet. */
export interface SpentAttempts {
  readonly attempts: number;
  /** How many of them the server had taken with status 200. */
  readonly answered: number;
  /** The usage of those that broke off, as far as it is known. */
  readonly lost: TokenUsage;
}

/** A call of which nothing was spent. */
export const NOTHING_SPENT: SpentAttempts = { attempts: 0, answered: 0, lost: NO_TOKENS };

/** The record of a call that gave no answer: a later session goes on from what it has spent. */
export function writeRecordedFailure(
  { attempts, answered, lost }: SpentAttempts,
  failed: { readonly code: string; readonly message: string; readonly status: number | null },
): Json {
  return { failed, attempts, answered, lost: { ...lost } };
}

/** Reads what was spent from the record of a call that gave no answer; `undefined` where the record is none. */
export function readRecordedFailure(json: Json): SpentAttempts | undefined {
  const { failed, attempts, answered, lost } = readFields(json);
  if (typeof failed !== 'object') return undefined;
  return { attempts: count(attempts), answered: count(answered), lost: readRecordedUsage(lost) };
}

/** The response as its record holds it. */
export function writeRecordedResponse(response: ModelResponse): Readonly<Record<string, Json>> {
  const { usage, lost, toolCalls, ...rest } = response;
  const called = toolCalls?.map((call) => ({ ...call }));
  return {
    ...rest,
    ...(called !== undefined && { toolCalls: called }),
    usage: { ...usage },
    lost: { ...lost },
  };
}

/** A recorded response, or `undefined` where the record is no response. */
export function readRecordedResponse(json: Json): ModelResponse | undefined {
  const fields = readFields(json);
  const { model, content, refusal, finishReason, usage, lost, attempts, answered } = fields;
  const toolCalls = readToolCalls(fields['toolCalls']);
  if (typeof model !== 'string' || typeof content !== 'string' || typeof finishReason !== 'string')
    return undefined;
  return {
    model,
    content,
    refusal: typeof refusal === 'string' ? refusal : null,
    ...(toolCalls.length > 0 && { toolCalls }),
    finishReason,
    usage: readRecordedUsage(usage),
    lost: readRecordedUsage(lost),
    attempts: count(attempts),
    // Records of earlier versions do not say.
    answered: Math.max(1, count(answered)),
  };
}

/** Reads the calls of a record; what is none is left out. */
function readToolCalls(json: unknown): readonly ToolCall[] {
  if (!Array.isArray(json)) return [];
  return json.flatMap((each: unknown) => {
    const { id, name, arguments: written } = readFields(each);
    if (typeof id !== 'string' || typeof name !== 'string' || typeof written !== 'string') return [];
    return [{ id, name, arguments: written }];
  });
}

function readRecordedUsage(json: unknown): TokenUsage {
  const { input, output, cached, reasoning, estimated } = readFields(json);
  const details = describeDetails(count(cached), count(reasoning));
  return { input: count(input), output: count(output), ...details, estimated: estimated === true };
}

/**
 * Reads the tokens that a server reports, in fields that begin with these words of its interface; `null` where it does not say them
 * in full.
 */
export function readReportedUsage(json: unknown, input: string, output: string): TokenUsage | null {
  const usage = readFields(json);
  const [tokensIn, tokensOut] = [usage[`${input}_tokens`], usage[`${output}_tokens`]];
  if (typeof tokensIn !== 'number' || typeof tokensOut !== 'number') return null;
  const { cached_tokens: cached } = readFields(usage[`${input}_tokens_details`]);
  const { reasoning_tokens: reasoning } = readFields(usage[`${output}_tokens_details`]);
  const details = describeDetails(count(cached), count(reasoning));
  return { input: count(tokensIn), output: count(tokensOut), ...details, estimated: false };
}

/** A whole number from 0; anything else that a server sends counts as nothing. */
function count(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? Math.round(value) : 0;
}

/** Members of an object that is not trusted to have any. */
export function readFields(value: unknown): Readonly<Record<string, unknown>> {
  return isObject(value) ? value : {};
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
