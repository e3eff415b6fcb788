/** How a model is called: its intent is recorded, then the call is made, then its raw response is recorded, so that no call is paid twice. */
import { createHash } from 'node:crypto';
import type { Json } from '@policybook/protocol';
import type { CallLog } from '@policybook/engine';
import type { OpenAI } from 'openai';
import { streamChat, type ChatRequest, type ChatTurn } from './chat-stream';
import type { AttemptFailure } from './attempt-failure';
import { readRecordedResponse, writeRecordedResponse, type ModelResponse } from './model-response';
import { retry, type RetryPolicy } from './retry';
import type { Secret } from './secret';
import { addTokens, NO_TOKENS, type TokenUsage } from './usage';

/** What a call is made with. */
export interface CallContext {
  readonly connect: () => Promise<OpenAI>;
  readonly calls: CallLog;
  readonly secret: Secret;
  readonly retries: RetryPolicy;
  /** Milliseconds for the whole call, all attempts and waits included. */
  readonly deadline: number;
  /** How many attempts the server may take with status 200, which it may charge for; `null` is unlimited. */
  readonly callsLeft: number | null;
  /** Called with what people should know: an estimate, a possible double charge. */
  readonly notice: (message: string) => void;
  readonly signal: AbortSignal;
}

/** What the call is, for its hash and its record; `sample` tells equal prompts of different generations apart. */
export interface CallSubject {
  readonly server: string;
  readonly sample: number;
  readonly request: ChatRequest;
}

/** What came of a call; `hash` names its record. */
export type CallResult =
  | { readonly ok: true; readonly hash: string; readonly response: ModelResponse }
  | {
      readonly ok: false;
      readonly hash: string;
      readonly code: AttemptFailure['code'] | 'cancelled' | 'deadline';
      /** The message, with the key redacted. */
      readonly message: string;
      readonly status: number | null;
      readonly attempts: number;
      /** How many of them the server had taken with status 200. */
      readonly answered: number;
      /** Whether another call would fail in the same way. */
      readonly isLasting: boolean;
      readonly lost: TokenUsage;
    };

/** The recorded response of an interrupted run, or a new call. */
export async function callModel(subject: CallSubject, context: CallContext): Promise<CallResult> {
  const { calls, notice, secret } = context;
  const record = secret.redactJson(readRecord(subject));
  const hash = createHash('sha256').update(JSON.stringify(record)).digest('hex');
  const known = await calls.find(hash, record);
  const response = known?.response == null ? undefined : readRecordedResponse(known.response);
  if (response) return { ok: true, hash, response };
  if (known)
    notice(
      `The model call ${hash.slice(0, 12)} was begun before and has no answer: it was possibly charged.`,
    );
  else await calls.intend(hash, record);
  return makeCall(subject, hash, context);
}

async function makeCall(subject: CallSubject, hash: string, context: CallContext): Promise<CallResult> {
  const { calls, connect, secret, signal, deadline, retries, callsLeft, notice } = context;
  const limit = AbortSignal.timeout(deadline);
  const either = AbortSignal.any([signal, limit]);
  const client = await connect();
  let count = 0;
  const attempt = () => streamChat(client, subject.request, `policybook-${hash}-${++count}`, either);
  const { last, attempts, failures } = await retry(attempt, retries, callsLeft ?? Infinity, either);
  const lost = failures.reduce((sum, failure) => addTokens(sum, failure.lost ?? NO_TOKENS), NO_TOKENS);
  const answered = failures.filter(({ isAnswered }) => isAnswered).length;
  if (last.ok) {
    const response: ModelResponse = { ...last.value, lost, attempts, answered: answered + 1 };
    const clean = secret.redactJson(writeRecordedResponse(response));
    await calls.answer(hash, clean);
    if (response.usage.estimated)
      notice(
        `${subject.server} reports no token counts; those of this run are estimated from the text's length.`,
      );
    return { ok: true, hash, response: readRecordedResponse(clean) ?? response };
  }
  const { failure } = last;
  const spent = addTokens(lost, failure.lost ?? NO_TOKENS);
  const failed = {
    ok: false,
    hash,
    status: failure.status,
    attempts,
    answered: answered + Number(failure.isAnswered),
    isLasting: !failure.isRetryable,
    lost: spent,
  } as const;
  if (signal.aborted) return { ...failed, code: 'cancelled', message: 'The model call was cancelled.' };
  if (limit.aborted) {
    const message = `The model did not answer within ${Math.round(deadline / 1000)} s, ${attempts} attempts included.`;
    return { ...failed, code: 'deadline', message };
  }
  return { ...failed, code: failure.code, message: secret.redact(failure.message) };
}

function readRecord({ server, sample, request }: CallSubject): Json {
  const { model, prompt, turns, tools, temperature, maxTokens } = request;
  const said = turns.map(writeRecordedTurn);
  return {
    server,
    model,
    sample,
    temperature,
    maxTokens,
    system: prompt.system,
    user: prompt.user,
    ...(said.length > 0 && { turns: said }),
    ...(tools !== undefined && { tools: tools.map(({ name }) => name) }),
  };
}

function writeRecordedTurn(turn: ChatTurn): Json {
  const { answer } = turn;
  if ('request' in turn) return { assistant: answer, user: turn.request };
  return { assistant: answer, tools: turn.toolUses.map(({ call, result }) => ({ ...call, result })) };
}
