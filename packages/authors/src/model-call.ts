/** How a model is called: its intent is recorded, then the call is made, then its raw response is recorded, so that no call is paid twice. */
import { createHash } from 'node:crypto';
import type { Json } from '@policybook/protocol';
import type { CallLog, PendingAnswer } from '@policybook/engine';
import type { OpenAI } from 'openai';
import type { ChatRequest, ChatTurn } from './chat-request';
import { streamChat } from './chat-stream';
import type { AttemptFailure } from './attempt-failure';
import { AnswerProgress } from './answer-progress';
import type { AnswerLimits } from './answer-limits';
import {
  NOTHING_SPENT,
  readRecordedFailure,
  readRecordedResponse,
  writeRecordedFailure,
  writeRecordedResponse,
  type ModelResponse,
  type SpentAttempts,
} from './model-response';
import { quoteInLine } from './quoted';
import { NotRecordedError } from './replayed-calls';
import { retry, type RetryPolicy } from './retry';
import { streamResponses } from './responses-stream';
import type { Secret } from './secret';
import { addTokens, NO_TOKENS } from './usage';

/** What a call is made with. */
export interface CallContext {
  readonly connect: () => Promise<OpenAI>;
  readonly calls: CallLog;
  readonly secret: Secret;
  readonly retries: RetryPolicy;
  /** Milliseconds for the whole call, all attempts and waits included. */
  readonly deadline: number;
  /** What bounds each attempt. */
  readonly limits: AnswerLimits;
  /** Whether the budget pays for one more attempt after those that are spent, which the server may charge for. */
  readonly canPay: (spent: SpentAttempts) => boolean;
  /** Called with what people should know: an estimate, a possible double charge. */
  readonly notice: (message: string) => void;
  /** Takes how far the answer has come, and `null` at its end; absent where nothing watches. */
  readonly onAnswering?: ((answer: PendingAnswer | null) => void) | undefined;
  readonly signal: AbortSignal;
}

/**
 * What the call is, for its hash and its record; `sample` tells equal prompts of different generations apart, `answer` those of
 * one generation.
 */
export interface CallSubject {
  readonly server: string;
  readonly sample: number;
  readonly answer: number;
  readonly request: ChatRequest;
}

/** What came of a call; `hash` names its record. */
export type CallResult =
  { readonly ok: true; readonly hash: string; readonly response: ModelResponse } | FailedCall;

/** A call that gave no answer. What it spent includes what earlier sessions spent on it. */
export interface FailedCall extends SpentAttempts {
  readonly ok: false;
  readonly hash: string;
  readonly code: AttemptFailure['code'] | 'cancelled' | 'deadline' | 'budget';
  /** The message, with the key redacted. */
  readonly message: string;
  readonly status: number | null;
  /** Whether another call would fail in the same way now. */
  readonly isLasting: boolean;
  /** Whether that passes by itself. */
  readonly isOutage: boolean;
}

/** The recorded response of an interrupted run, or a new call. */
export async function callModel(subject: CallSubject, context: CallContext): Promise<CallResult> {
  const { calls, notice, secret } = context;
  const record = secret.redactJson(readRecord(subject));
  const hash = createHash('sha256').update(JSON.stringify(record)).digest('hex');
  const known = await calls.find(hash, record);
  const recorded = known?.response ?? null;
  const response = recorded === null ? undefined : readRecordedResponse(recorded);
  if (response) return { ok: true, hash, response };
  if (calls.isClosed === true) throw new NotRecordedError('the record has no whole answer for this call');
  const before = recorded === null ? undefined : readRecordedFailure(recorded);
  if (known === undefined) await calls.intend(hash, record);
  else if (before === undefined)
    notice(
      `The model call ${hash.slice(0, 12)} was begun before and has no answer: it was possibly charged.`,
    );
  return makeCall(subject, { hash, before: before ?? NOTHING_SPENT }, context);
}

/** A call that is about to be made, and what earlier sessions have spent on it. */
interface IntendedCall {
  readonly hash: string;
  readonly before: SpentAttempts;
}

async function makeCall(
  subject: CallSubject,
  { hash, before }: IntendedCall,
  context: CallContext,
): Promise<CallResult> {
  const { calls, connect, secret, signal, deadline, retries, canPay, notice } = context;
  if (!canPay(before)) return createUnaffordable(hash, before);
  const limit = AbortSignal.timeout(deadline);
  const endsAt = performance.now() + deadline;
  const either = AbortSignal.any([signal, limit]);
  const client = await connect();
  let count = before.attempts;
  const progress = new AnswerProgress(secret, context.onAnswering);
  const attempt = () => {
    // The server may keep its answer to a key: one that failed for good gets another.
    const key = `policybook-${hash}-${++count}`;
    const { limits } = context;
    const stream = subject.request.api === 'responses' ? streamResponses : streamChat;
    return stream(client, subject.request, { key, limits, onText: progress.take, signal: either });
  };
  const { last, failures } = await retry(attempt, retries, {
    mayGoOn: (failed) => canPay(addSpent(before, failed)),
    measureLeft: () => endsAt - performance.now(),
    signal: either,
  }).finally(() => {
    progress.end();
  });
  const spent = addSpent(before, failures);
  if (last.ok) {
    const { attempts, answered, lost } = spent;
    const response: ModelResponse = {
      ...last.value,
      lost,
      attempts: attempts + 1,
      answered: answered + 1,
    };
    const clean = secret.redactJson(writeRecordedResponse(response));
    await calls.answer(hash, clean);
    if (response.usage.estimated)
      notice(
        `${subject.server} reports no token counts; those of this run are estimated from the text's length.`,
      );
    if (isOtherModel(subject.request.model, response.model))
      notice(
        `${subject.server} was asked for the model ${quoteInLine(subject.request.model, 80)} and says that ${quoteInLine(secret.redact(response.model), 80)} answered: its scores and its price are those of the model that answers.`,
      );
    return { ok: true, hash, response: readRecordedResponse(clean) ?? response };
  }
  const failed = describeFailedCall(
    last.failure,
    { hash, spent: addSpent(spent, [last.failure]) },
    {
      ...context,
      isLate: limit.aborted,
      mayGoOn: canPay(addSpent(spent, [last.failure])),
    },
  );
  if (failed.code !== 'cancelled') await calls.answer(hash, secret.redactJson(writeFailed(failed)));
  return failed;
}

/** Whether the server names another model than was asked for; a date or a version behind the name is none, nor is a provider before it. */
function isOtherModel(requested: string, named: string): boolean {
  const [short = '', long = ''] = [requested, named]
    .map((name) => name.toLowerCase().split('/').at(-1) ?? '')
    .sort((a, b) => a.length - b.length);
  return !long.startsWith(short) || !/^(?:[-@:]\d[\w.-]*|[-:]latest)?$/.test(long.slice(short.length));
}

/** What surrounds a failure, besides its last attempt. */
interface FailureContext extends Pick<CallContext, 'signal' | 'secret' | 'deadline'> {
  /** Whether the deadline has passed. */
  readonly isLate: boolean;
  /** Whether the budget allows another attempt. */
  readonly mayGoOn: boolean;
}

function describeFailedCall(
  failure: AttemptFailure,
  { hash, spent }: { readonly hash: string; readonly spent: SpentAttempts },
  { signal, secret, deadline, isLate, mayGoOn }: FailureContext,
): FailedCall {
  const failed = { ok: false, hash, status: failure.status, ...spent } as const;
  const passes = { isLasting: false, isOutage: false };
  if (signal.aborted)
    return { ...failed, ...passes, code: 'cancelled', message: 'The model call was cancelled.' };
  // A server that has taken the request works on it too long: the next one may be shorter. One that has not is out of order.
  if (isLate) {
    const isOutage = !failure.isAnswered;
    const message = `The model did not answer within ${Math.round(deadline / 1000)} s, ${spent.attempts} attempts included.`;
    return { ...failed, code: 'deadline', message, isLasting: isOutage, isOutage };
  }
  const { code, isRetryable } = failure;
  const { retryAfter } = failure;
  const pause =
    retryAfter === null ? '' : ` (it asks for a pause of ${Math.max(1, Math.round(retryAfter / 1000))} s)`;
  const message = secret.redact(failure.message) + pause;
  if (code === 'too_large' || (isRetryable && !mayGoOn)) return { ...failed, ...passes, code, message };
  return { ...failed, code, message, isLasting: true, isOutage: isRetryable };
}

/** A call on which earlier sessions have spent so much that no more is left for it. */
function createUnaffordable(hash: string, before: SpentAttempts): FailedCall {
  const message = `${before.attempts} attempts at this answer have spent it`;
  return {
    ok: false,
    hash,
    code: 'budget',
    message,
    status: null,
    ...before,
    isLasting: false,
    isOutage: false,
  };
}

function addSpent(before: SpentAttempts, failures: readonly AttemptFailure[]): SpentAttempts {
  return {
    attempts: before.attempts + failures.length,
    answered: before.answered + failures.filter(({ isAnswered }) => isAnswered).length,
    lost: failures.reduce((sum, failure) => addTokens(sum, failure.lost ?? NO_TOKENS), before.lost),
  };
}

const writeFailed = (failed: FailedCall): Json => {
  const { code, message, status } = failed;
  return writeRecordedFailure(failed, { code, message, status });
};

function readRecord({ server, sample, answer, request }: CallSubject): Json {
  const { model, prompt, turns, tools, temperature, maxTokens, further, api } = request;
  const said = turns.map(writeRecordedTurn);
  return {
    server,
    model,
    sample,
    ...(answer > 0 && { answer }),
    temperature,
    maxTokens,
    system: prompt.system,
    user: prompt.user,
    ...(said.length > 0 && { turns: said }),
    ...(tools !== undefined && { tools: tools.map(({ name }) => name) }),
    ...(Object.keys(further).length > 0 && { body: further }),
    ...(api !== undefined && { api }),
  };
}

/** A turn as the records of calls hold it. */
export function writeRecordedTurn(turn: ChatTurn): Json {
  const { answer } = turn;
  if ('request' in turn) return { assistant: answer, user: turn.request };
  return { assistant: answer, tools: turn.toolUses.map(({ call, result }) => ({ ...call, result })) };
}
