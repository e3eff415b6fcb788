/** What can go wrong with one attempt at a model call, and whether another attempt can help. */
import { OversizedAnswerError } from './answer-limits';
import { readFields } from './model-response';
import type { TokenUsage } from './usage';

/** What kind of failure it is, for programs. */
export type AttemptFailureCode =
  | 'unauthorized'
  | 'quota'
  | 'rate_limited'
  | 'bad_request'
  | 'no_interface'
  | 'server_error'
  | 'network'
  | 'malformed_stream'
  | 'too_large';

/** Why an attempt gave no answer. */
export interface AttemptFailure {
  readonly code: AttemptFailureCode;
  /** May hold anything a server said: redact before use. */
  readonly message: string;
  readonly status: number | null;
  /** Whether it may pass by itself; one that outlasts all attempts is an outage. */
  readonly isRetryable: boolean;
  /** Milliseconds that the server asks to wait. */
  readonly retryAfter: number | null;
  /** Tokens that had come when the attempt broke off, estimated. */
  readonly lost: TokenUsage | null;
  /** Whether the server had taken the request with status 200: it may charge for the attempt, which is a call. */
  readonly isAnswered: boolean;
}

/** Reads what the SDK threw; `lost` are the tokens of an answer that broke off, `null` where none had begun. */
export function readAttemptFailure(
  error: unknown,
  lost: TokenUsage | null,
  isAnswered: boolean,
): AttemptFailure {
  const { status, headers } = readFields(error);
  const retryAfter = headers instanceof Headers ? readRetryAfter(headers) : null;
  const number = typeof status === 'number' ? status : null;
  const code = findCode(error, number);
  const said = error instanceof Error ? error.message : String(error);
  const message = code === 'network' ? describeLostConnection(error, isAnswered) : said;
  const isRetryable =
    code === 'rate_limited' || code === 'server_error' || code === 'network' || code === 'malformed_stream';
  return { code, message, status: number, isRetryable, retryAfter, lost, isAnswered };
}

/** An attempt that the server ended without saying that the answer was complete. */
export function createBreakOff(lost: TokenUsage): AttemptFailure {
  const message = 'the stream ended before the answer was complete';
  const code = 'network';
  return { code, message, status: null, isRetryable: true, retryAfter: null, lost, isAnswered: true };
}

/** An attempt whose stream has gone silent for so many milliseconds. */
export function createSilence(silence: number, lost: TokenUsage): AttemptFailure {
  const message = `the stream went silent for ${silence / 1000} s in the middle of the answer`;
  return { ...createBreakOff(lost), message };
}

/** An attempt that was answered, but by no stream at all: another would be answered in the same way. */
export function createNoStream(contentType: string, lost: TokenUsage): AttemptFailure {
  const message = `what came is ${contentType} and no stream of chat completions (text/event-stream); does author.base_url lead to an OpenAI-compatible server, and to its path (mostly /v1)?`;
  const code = 'malformed_stream';
  return { code, message, status: 200, isRetryable: false, retryAfter: null, lost, isAnswered: true };
}

/** Says what the SDK calls "Connection error." and Node "terminated", with the system's word for it where there is one. */
function describeLostConnection(error: unknown, isAnswered: boolean): string {
  const words = isAnswered ? 'the connection was lost in the middle of the answer' : 'there is no connection';
  const code = findSystemCode(error);
  return code === null ? words : `${words} (${code})`;
}

/** Finds the code of the system's error that is the cause of another, as ECONNREFUSED. */
function findSystemCode(error: unknown): string | null {
  const { code, cause } = readFields(error);
  if (typeof code === 'string') return code;
  return cause === undefined ? null : findSystemCode(cause);
}

function findCode(error: unknown, status: number | null): AttemptFailureCode {
  const { code, type } = readFields(error);
  const words = [code, type].filter((word) => typeof word === 'string');
  if (error instanceof OversizedAnswerError) return 'too_large';
  if (words.includes('insufficient_quota') || words.includes('billing_hard_limit_reached') || status === 402)
    return 'quota';
  if (status === null) return error instanceof SyntaxError ? 'malformed_stream' : findStreamCode(words);
  if (status === 401 || status === 403) return 'unauthorized';
  if (isNoInterface(error, status)) return 'no_interface';
  if (status === 408 || status === 409 || status >= 500) return 'server_error';
  if (status === 429) return 'rate_limited';
  return 'bad_request';
}

/** Whether the server has nothing at the address, or nothing that is asked by POST; a model that it does not have is another thing. */
function isNoInterface(error: unknown, status: number): boolean {
  const said = error instanceof Error ? error.message : '';
  return status === 405 || status === 501 || (status === 404 && !/\bmodel/i.test(said));
}

/** Finds the code of a failure without a status: of the connection, or an error that the server sent inside a stream. */
function findStreamCode(words: readonly string[]): AttemptFailureCode {
  if (words.includes('invalid_request_error')) return 'bad_request';
  if (words.includes('rate_limit_exceeded')) return 'rate_limited';
  return words.length > 0 ? 'server_error' : 'network';
}

/** Reads the milliseconds to wait from `retry-after-ms`, or from `retry-after` in seconds or as a date. */
function readRetryAfter(headers: Headers): number | null {
  const milliseconds = Number.parseFloat(headers.get('retry-after-ms') ?? '');
  if (milliseconds >= 0) return milliseconds;
  const text = headers.get('retry-after') ?? '';
  const seconds = Number.parseFloat(text);
  if (seconds >= 0) return seconds * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? null : Math.max(0, date - Date.now());
}
