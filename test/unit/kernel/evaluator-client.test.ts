/** The client against a real kernel, the fixture's. */
import { getEventListeners } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Composer, createSigner, createSessionId } from '../../../packages/wire/src';
import { EvaluatorClient } from '../../../kernel/src/subkernels/evaluator-client';

const root = resolve(__dirname, '../../..');
let folder: string;
let log: string[];
let evaluator: EvaluatorClient;

function client(module = 'evaluator_fixture'): EvaluatorClient {
  const host = {
    python: process.env['POLICYBOOK_PYTHON'] ?? join(root, '.venv/bin/python'),
    cwd: folder,
    folder,
    key: 'key',
    signatureScheme: 'hmac-sha256',
    composer: new Composer(createSigner('key'), createSessionId(), 'test'),
  };
  const PYTHONPATH = join(root, 'test/fixtures/kernel');
  const env = { ...process.env, PYTHONPATH, SOME_API_KEY: 'secret' };
  return new EvaluatorClient({ host, env, module, log: (text) => log.push(text) });
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'evaluator-'));
  log = [];
  evaluator = client();
});
afterEach(async () => {
  await evaluator.stop(1_500);
  rmSync(folder, { recursive: true });
});

test('requests are answered with progress and with failures as values, and the evaluator sees no keys', async () => {
  expect(await evaluator.request('echo', { a: [1, 'ü'] })).toEqual({ ok: true, value: { a: [1, 'ü'] } });
  const steps: unknown[] = [];
  await evaluator.request('progress', {}, { onProgress: (value) => steps.push(value) });
  expect(steps).toEqual([0, 1, 2]);
  expect(await evaluator.request('fail', { x: 1 })).toEqual({
    ok: false,
    code: 'bad_params',
    message: 'no',
    detail: { x: 1 },
  });
  const environment = await evaluator.request('environment', {});
  expect(environment.ok && environment.value).toMatchObject({ JPY_PARENT_PID: String(process.pid) });
  expect(environment.ok && environment.value).not.toHaveProperty('SOME_API_KEY');
});

test('equal requests at the same time are sent once', async () => {
  const answers = await Promise.all([evaluator.request('count', {}), evaluator.request('count', {})]);
  expect(answers).toEqual([
    { ok: true, value: 1 },
    { ok: true, value: 1 },
  ]);
});

test('a request is cancelled when its last waiter has left', async () => {
  const [first, second] = [new AbortController(), new AbortController()];
  let begun: (value: unknown) => void = () => undefined;
  const started = new Promise((resolve) => (begun = resolve));
  const answers = [
    evaluator.request('forever', {}, { signal: first.signal, onProgress: begun }),
    evaluator.request('forever', {}, { signal: second.signal }),
  ];
  await started;
  first.abort();
  expect(await answers[0]).toMatchObject({ ok: false, code: 'cancelled' });
  expect(await evaluator.request('running', { call: 1 })).toEqual({ ok: true, value: 1 });
  second.abort();
  expect(await answers[1]).toMatchObject({ ok: false, code: 'cancelled' });
  expect(await evaluator.request('running', { call: 2 })).toEqual({ ok: true, value: 0 });
  expect(await evaluator.request('forever', {}, { signal: first.signal })).toMatchObject({
    code: 'cancelled',
  });
});

test('many requests listen to their signal together, and none when they are answered', async () => {
  const { signal } = new AbortController();
  const answers = Array.from({ length: 30 }, (_, index) => evaluator.request('echo', { index }, { signal }));
  expect(getEventListeners(signal, 'abort')).toHaveLength(1);
  expect((await Promise.all(answers)).every(({ ok }) => ok)).toBe(true);
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
});

test('a dead evaluator is replaced, and its requests are sent again', async () => {
  const stop = new AbortController();
  const other = evaluator.request('forever', {}, { signal: stop.signal });
  const answer = await evaluator.request('die', { unless: join(folder, 'died') });
  expect(answer).toEqual({ ok: true, value: 'survived' });
  expect(await evaluator.request('running', {})).toEqual({ ok: true, value: 1 });
  stop.abort();
  expect(await other).toMatchObject({ code: 'cancelled' });
});

test("a policy's text is sent once to an evaluator, and again where it was forgotten or the evaluator was killed", async () => {
  const alive = join(folder, 'alive');
  writeFileSync(alive, '');
  const ask = (number: number, { forget = false, unless = alive } = {}) =>
    evaluator.request('text', { source: 'def act', number, forget, unless });
  const answer = (registered: number) => ({ ok: true, value: { source: 'def act', registered } });
  expect(await ask(1)).toEqual(answer(1));
  expect(await ask(2, { forget: true })).toEqual(answer(1));
  expect(await ask(3)).toEqual(answer(2));
  expect(await ask(4, { unless: join(folder, 'killed') })).toEqual(answer(1));
  expect(await ask(5)).toEqual(answer(1));
});

test('a request that kills every evaluator fails by name', async () => {
  const answer = await evaluator.request('die', {});
  expect(answer).toMatchObject({ ok: false, code: 'evaluator_died' });
  expect(!answer.ok && answer.message).toMatch(/evaluator_fixture.*exit code 7/);
  expect(await evaluator.request('echo', { again: true })).toEqual({ ok: true, value: { again: true } });
});

test('an evaluator that cannot start fails requests with the reason', async () => {
  const broken = client('no_such_evaluator');
  const answer = await broken.request('echo', {});
  expect(!answer.ok && answer.message).toMatch(/No module named no_such_evaluator/);
  await broken.stop(1_500);
});

test('a kernel that is not an evaluator fails requests with `evaluator_refused`', async () => {
  const otherKernel = client('ipykernel_launcher');
  expect(await otherKernel.request('echo', {})).toMatchObject({ ok: false, code: 'evaluator_refused' });
  await otherKernel.stop(1_500);
});

test('a stopped client refuses requests', async () => {
  await evaluator.stop(1_500);
  expect(await evaluator.request('echo', {})).toMatchObject({ ok: false, code: 'closed' });
});
