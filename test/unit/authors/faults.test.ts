/**
 * Everything that can go wrong with a model's server, played by a real one in a run of the engine: what people are told in one
 * line, what it costs, what is kept, and how the run goes on.
 */
import { learn, type Author, type RunEvent, type RunState } from '@policybook/engine';
import { UNLIMITED_BUDGET, type Json } from '@policybook/protocol';
import { createAuthor } from '../../../packages/authors/src';
import {
  startOpenAiServer,
  type OpenAiServer,
  type ScriptedAnswer,
} from '../../fixtures/scripted-openai-server';
import { MemoryJournal, stillClock, ToyEvaluator, toyFacts, toySettings } from '../engine/simulation';
import { UNUSED_PORTS, MemoryCalls, openAiSettings } from './run-request';

/** What the loop does after a fault. */
type Consequence =
  /** The same answer comes within the call or its conversation. */
  | 'answered'
  /** The generation is spent, and the next one is asked. */
  | 'next generation'
  /** The session ends; the run's cell, run again, goes on with the same generation, and there is nothing to mend. */
  | 'paused'
  /** The session ends; what is wrong has to be mended before the run goes on with the same generation. */
  | 'ended';

interface Fault {
  readonly answers: readonly ScriptedAnswer[];
  /** The one line: why the session ended, why the generation failed, or what is noticed; empty for nothing. */
  readonly says: RegExp;
  /** What the fault costs besides the good answer after it. */
  readonly calls: number;
  readonly hasTokens: boolean;
  /** What the call's record holds when the session is over. */
  readonly kept: Json;
  readonly then: Consequence;
  readonly limits?: { readonly silence?: number; readonly bytes?: number; readonly characters?: number };
  readonly deadline?: number;
}

const ATTEMPTS = 3;
const GOOD: ScriptedAnswer = {
  content: 'Label: five\nIdea: Return five.\n\n```python\n{"mean":5}\n```\n',
};
const { content = '' } = GOOD;

const repeat = (answer: ScriptedAnswer): ScriptedAnswer[] => Array<ScriptedAnswer>(ATTEMPTS).fill(answer);
const fail = (status: number, message: string, code: string | null = null): ScriptedAnswer => ({
  status,
  error: { message, code },
});
const stream = (body: string): ScriptedAnswer => ({ body, headers: { 'content-type': 'text/event-stream' } });
const failed = (code: string, status: number | null, attempts = 1): Json => ({
  failed: expect.objectContaining({ code, status }) as Json,
  attempts,
});
const answered = (attempts: number): Json => ({ content, attempts });

/** A server that is out of order for as long as a session asks it. */
function outage(answer: ScriptedAnswer, says: RegExp, kept: Json, calls = 0): Fault {
  return { answers: repeat(answer), says, calls, hasTokens: calls > 0, kept, then: 'paused' };
}

/** What a session cannot mend by itself. */
function mistake(answer: ScriptedAnswer, says: RegExp, kept: Json): Fault {
  return { answers: [answer], says, calls: 0, hasTokens: false, kept, then: 'ended' };
}

const FAULTS: Readonly<Record<string, Fault>> = {
  '401': mistake(
    fail(401, 'Incorrect API key provided', 'invalid_api_key'),
    /does not take the key in TEST_KEY: 401 Incorrect API key/,
    failed('unauthorized', 401),
  ),
  '403': mistake(
    fail(403, 'Country not supported'),
    /does not take the key in TEST_KEY: 403 Country not supported/,
    failed('unauthorized', 403),
  ),
  '404, no such model': mistake(
    fail(404, 'The model test-model does not exist', 'model_not_found'),
    /refused the request: 404 The model test-model does not exist/,
    failed('bad_request', 404),
  ),
  '404, no such address': mistake(
    fail(404, 'File Not Found'),
    /has no chat completions: 404 File Not Found\. Does author\.base_url lead to/,
    failed('no_interface', 404),
  ),
  'a spend limit': mistake(
    fail(429, 'You exceeded your current quota', 'insufficient_quota'),
    /the account's quota or spend limit is used up: 429 You exceeded/,
    failed('quota', 429),
  ),
  '402, no credit': mistake(
    fail(402, 'Insufficient balance'),
    /the account's quota or spend limit is used up: 402 Insufficient balance/,
    failed('quota', 402),
  ),
  'a wrong content type': {
    ...mistake(
      { body: '<html></html>', headers: { 'content-type': 'text/html' } },
      /what came is text\/html and no stream of chat completions .* does author.base_url lead to/,
      failed('malformed_stream', 200),
    ),
    calls: 1,
    hasTokens: true,
  },
  '408': outage(fail(408, 'Timed out'), /gave no answer in 3 attempts: 408/, failed('server_error', 408, 3)),
  '409': outage(fail(409, 'Conflict'), /gave no answer in 3 attempts: 409/, failed('server_error', 409, 3)),
  '429 without retry-after': outage(
    fail(429, 'Slow down', 'rate_limit_exceeded'),
    /gave no answer in 3 attempts: 429 Slow down/,
    failed('rate_limited', 429, 3),
  ),
  '429 with a retry-after that passes': {
    answers: [{ ...fail(429, 'Slow down'), headers: { 'retry-after-ms': '2' } }],
    says: /^$/,
    calls: 0,
    hasTokens: false,
    kept: answered(2),
    then: 'answered',
  },
  '429 with a retry-after beyond the deadline': {
    answers: [{ ...fail(429, 'Slow down'), headers: { 'retry-after': '900' } }],
    says: /gave no answer in 1 attempt: 429 Slow down \(it asks for a pause of 900 s\)/,
    calls: 0,
    hasTokens: false,
    kept: failed('rate_limited', 429),
    then: 'paused',
  },
  'a short burst of 5xx': {
    answers: [fail(500, 'Oops'), fail(503, 'Busy')],
    says: /^$/,
    calls: 0,
    hasTokens: false,
    kept: answered(3),
    then: 'answered',
  },
  'a lasting burst of 5xx': outage(
    fail(502, 'Bad gateway'),
    /gave no answer in 3 attempts: 502 Bad gateway/,
    failed('server_error', 502, 3),
  ),
  '529': outage(fail(529, 'Overloaded'), /3 attempts: 529 Overloaded/, failed('server_error', 529, 3)),
  'a reset in the middle of a stream': outage(
    { content, breakAfter: { chunks: 3, how: 'reset' } },
    /gave no answer in 3 attempts: the connection was lost in the middle of the answer/,
    failed('network', null, 3),
    3,
  ),
  'an end in the middle of a stream': outage(
    { content, breakAfter: { chunks: 3, how: 'close' } },
    /3 attempts: the stream ended before the answer was complete/,
    failed('network', null, 3),
    3,
  ),
  'silence in the middle of a stream': {
    ...outage(
      { content, breakAfter: { chunks: 3, how: 'silence' } },
      /3 attempts: the stream went silent for 0.05 s in the middle of the answer/,
      failed('network', null, 3),
      3,
    ),
    limits: { silence: 50 },
  },
  'a slow drip past the deadline': {
    answers: [{ content: content.repeat(100), chunkDelay: 25, chunkCharacters: 1 }],
    says: /The model did not answer within 1 s, 1 attempts? included/,
    calls: 1,
    hasTokens: true,
    kept: failed('deadline', null),
    then: 'next generation',
    deadline: 1000,
  },
  'a server that takes no request before the deadline': {
    answers: [{ content, delay: 3_600_000 }],
    says: /The model did not answer within 1 s/,
    calls: 0,
    hasTokens: false,
    kept: failed('deadline', null),
    then: 'paused',
    deadline: 1000,
  },
  'invalid JSON in a stream': outage(
    { content, breakAfter: { chunks: 3, how: 'malformed' } },
    /gave no answer in 3 attempts: .*JSON/,
    failed('malformed_stream', null, 3),
    3,
  ),
  'an error in a stream': outage(
    { content, breakAfter: { chunks: 3, how: 'error-event' } },
    /gave no answer in 3 attempts: .*overloaded/,
    failed('server_error', null, 3),
    3,
  ),
  'no choice at all': outage(
    stream('data: {"choices": []}\n\ndata: [DONE]\n\n'),
    /3 attempts: the stream ended before the answer was complete/,
    failed('network', null, 3),
    3,
  ),
  'an empty answer': {
    answers: [{ content: '' }],
    says: /^$/,
    calls: 1,
    hasTokens: true,
    kept: answered(1),
    then: 'answered',
  },
  'code that is cut off': {
    answers: [{ content: content.slice(0, -10), finishReason: 'length' }],
    says: /The answer was cut off at its token limit; raise author.max_tokens/,
    calls: 1,
    hasTokens: true,
    kept: { finishReason: 'length' },
    then: 'next generation',
  },
  'a refusal': {
    answers: [{ refusal: 'I cannot help with that.' }],
    says: /The model refused: I cannot help with that/,
    calls: 1,
    hasTokens: true,
    kept: { refusal: 'I cannot help with that.' },
    then: 'next generation',
  },
  'a huge body': {
    answers: [{ body: `data: ${'x'.repeat(3 * 2 ** 20)}`, headers: { 'content-type': 'text/event-stream' } }],
    says: /sends no answer of a model: the answer is larger than 2 MiB, and the rest of it was not read/,
    calls: 1,
    hasTokens: false,
    kept: failed('too_large', null),
    then: 'next generation',
    limits: { bytes: 2 * 2 ** 20 },
  },
  'a huge answer': {
    answers: [{ content: 'x'.repeat(5000) }],
    says: /the answer is larger than 2,000 characters/,
    calls: 1,
    hasTokens: true,
    kept: failed('too_large', null),
    then: 'next generation',
    limits: { characters: 2000 },
  },
  'another model': {
    answers: [{ content, model: 'gpt-99' }],
    says: /was asked for the model test-model and says that gpt-99 answered/,
    calls: 0,
    hasTokens: false,
    kept: { model: 'gpt-99', content },
    then: 'answered',
  },
  'no usage': {
    answers: [{ content, usage: null }],
    says: /reports no token counts; those of this run are estimated from the text's length/,
    calls: 0,
    hasTokens: false,
    kept: { content, usage: expect.objectContaining({ estimated: true }) as Json },
    then: 'answered',
  },
  'a call of a tool that was not offered': {
    answers: [{ toolCalls: [{ name: 'shell', arguments: '{"command": "ls"}' }] }],
    says: /^$/,
    calls: 1,
    hasTokens: true,
    kept: answered(1),
    then: 'answered',
  },
  'a call of a tool with arguments that are no JSON': {
    answers: [{ toolCalls: [{ name: 'submit', arguments: '{"policy": ' }] }],
    says: /^$/,
    calls: 1,
    hasTokens: true,
    kept: answered(1),
    then: 'answered',
  },
};

let server: OpenAiServer | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

/** One session of a run: what it recorded, what it noticed, and how it stopped. */
interface Session {
  readonly events: readonly RunEvent[];
  readonly state: RunState;
}

async function runSession(
  author: Author,
  record: readonly RunEvent[],
  journal: MemoryJournal,
): Promise<Session> {
  const budget = { ...UNLIMITED_BUDGET, episodes: 200, calls: 8 };
  const state = await learn(
    { run: 'first', settings: toySettings({ budget, tune: false, simplify: false }), facts: toyFacts },
    { evaluator: new ToyEvaluator(), author, journal, clock: stillClock },
    { signal: new AbortController().signal, resumeFrom: record },
  );
  return { events: journal.events, state };
}

const listAnswers = (events: readonly RunEvent[]) =>
  events.filter((event) => event.type === 'author_answered' || event.type === 'author_failed');

const listProposed = (events: readonly RunEvent[]) =>
  events.flatMap((event) => (event.type === 'candidate_proposed' ? [event.generation] : []));

test('there are more than twenty', () => {
  expect(Object.keys(FAULTS).length).toBeGreaterThan(20);
});

test.each(Object.entries(FAULTS))('%s', async (_, fault) => {
  const { answers, then, limits, deadline = 60_000 } = fault;
  server = await startOpenAiServer([...answers, GOOD]);
  const calls = new MemoryCalls();
  const notices: string[] = [];
  const created = createAuthor(openAiSettings({ baseUrl: server.baseUrl }), {
    evaluator: { request: () => Promise.reject(new Error('the openai author asks no evaluator')) },
    calls,
    variables: { TEST_KEY: 'a-key' },
    notice: (message) => notices.push(message),
    ...UNUSED_PORTS,
    retries: { backoff: 1, attempts: ATTEMPTS },
    deadline,
    ...(limits !== undefined && { limits }),
  });
  if (!created.ok) throw new Error(created.message);
  const journal = new MemoryJournal();
  const { state } = await runSession(created.value, [], journal);
  const isOver = then === 'paused' || then === 'ended';
  expect(state.stopped?.reason).toBe(isOver ? (then === 'paused' ? 'paused' : 'failed') : 'budget');

  const [first] = listAnswers(journal.events);
  const line = isOver
    ? (state.stopped?.message ?? '')
    : first?.type === 'author_failed'
      ? first.message
      : notices.join('\n');
  expect(line).toMatch(fault.says);
  expect(line).not.toContain('\n');

  const kept = [...calls.entries.values()].map(({ response }) => response);
  expect(kept).toContainEqual(expect.objectContaining(fault.kept));
  if (isOver) {
    // No generation is spent, and nothing is recorded of it but that the session has ended.
    expect(listAnswers(journal.events)).toEqual([]);
    expect(kept).toEqual([expect.objectContaining({ answered: fault.calls })]);
    const before = server.requests.length;
    const { journal: later, record } = journal.cut(Infinity);
    await runSession(created.value, record, later);
    expect(server.requests.length).toBeGreaterThan(before);
    const [next] = listAnswers(later.events);
    expect(next).toMatchObject({ type: 'author_answered', generation: 0 });
    expectCharged(next, fault, 1);
    expect(listProposed(later.events)[0]).toBe(0);
    // Attempts of all sessions have keys of their own, so that no server gives its old failure again.
    const keys = server.requests.slice(0, before + 1).map(({ headers }) => headers['idempotency-key']);
    expect(new Set(keys).size).toBe(before + 1);
    return;
  }
  const isFailed = then === 'next generation';
  expect(first).toMatchObject({ type: isFailed ? 'author_failed' : 'author_answered', generation: 0 });
  expectCharged(first, fault, isFailed ? 0 : 1);
  expect(listProposed(journal.events)[0]).toBe(isFailed ? 1 : 0);
});

/** What the event charges: the fault's calls and tokens, and `answers` good answers. */
function expectCharged(event: RunEvent | undefined, { calls, hasTokens }: Fault, answers: number): void {
  const usage = event?.type === 'author_answered' || event?.type === 'author_failed' ? event.usage : {};
  expect(usage.calls ?? 0).toBe(calls + answers);
  const tokens = usage.tokensIn ?? 0;
  if (hasTokens) expect(tokens).toBeGreaterThan(1200 * answers);
  else if (calls === 0) expect(tokens === 1200 * answers || isEstimated(tokens)).toBe(true);
}

/** Whether so many tokens are no count of the server's. */
const isEstimated = (tokens: number): boolean => tokens > 0 && tokens !== 1200;
