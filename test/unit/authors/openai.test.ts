/** The openai author against a real local server that answers, and fails, as such servers do. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Result } from '@policybook/protocol';
import type { Author, AuthorAnswer } from '@policybook/engine';
import { createAuthor, type RetryPolicy } from '../../../packages/authors/src';
import {
  startOpenAiServer,
  type OpenAiServer,
  type ScriptedAnswer,
} from '../../fixtures/scripted-openai-server';
import type { OpenAiSettings } from '../../../packages/authors/src/openai-settings';
import { authorRequest, MemoryCalls, openAiSettings, proposed, UNUSED_PORTS } from './run-request';

const key = 'canary-key-5f2b9c';
const policy = '"""Push toward the fall."""\n\n\ndef act(observation):\n    return int(observation[1] > 0)';
const content = `Label: lean reflex\nIdea: Push the cart under the pole.\n\n\`\`\`python\n${policy}\n\`\`\`\n`;

let server: OpenAiServer | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

interface Bench {
  readonly author: Author;
  readonly calls: MemoryCalls;
  readonly notices: string[];
  readonly server: OpenAiServer;
}

interface Options {
  readonly settings?: Partial<OpenAiSettings>;
  readonly retries?: Partial<RetryPolicy>;
  readonly deadline?: number;
  readonly calls?: MemoryCalls;
}

async function bench(answers: readonly ScriptedAnswer[], options: Options = {}): Promise<Bench> {
  server = await startOpenAiServer(answers);
  const { calls = new MemoryCalls(), deadline } = options;
  const notices: string[] = [];
  const created = createAuthor(openAiSettings({ baseUrl: server.baseUrl, ...options.settings }), {
    evaluator: { request: () => Promise.reject(new Error('the openai author asks no evaluator')) },
    calls,
    variables: { TEST_KEY: key },
    notice: (message) => notices.push(message),
    retries: { backoff: 5, ...options.retries },
    ...UNUSED_PORTS,
    ...(deadline !== undefined && { deadline }),
  });
  if (!created.ok) throw new Error(created.message);
  return { author: created.value, calls, notices, server };
}

/** Every place that a run writes or shows, as one text. */
function everything({ calls, notices }: Bench, answer: Result<AuthorAnswer>): string {
  return JSON.stringify([[...calls.entries], notices, answer]);
}

test('a streamed answer becomes one proposal, counted and recorded', async () => {
  const it = await bench([{ content }], { settings: { price: { input: 2, output: 10 }, temperature: 0.3 } });
  const answer = await it.author.propose(authorRequest());
  const hash = [...it.calls.entries.keys()][0] ?? '';
  expect(answer).toEqual({
    ok: true,
    value: {
      proposals: [{ label: 'lean reflex', idea: 'Push the cart under the pole.', source: `${policy}\n` }],
      findings: [],
      exhausted: false,
      call: `${hash}.json`,
      usage: { calls: 1, tokensIn: 1200, tokensOut: 300, money: (1200 * 2 + 300 * 10) / 1e6 },
    },
  });
  expect(it.calls.log).toEqual(['intend', 'answer']);
  expect(it.calls.entries.get(hash)?.response).toMatchObject({
    content,
    finishReason: 'stop',
    usage: { input: 1200, output: 300, estimated: false },
    attempts: 1,
  });
  const [request] = it.server.requests;
  expect(request).toMatchObject({ method: 'POST', path: '/v1/chat/completions' });
  expect(JSON.parse(request?.body ?? '')).toMatchObject({
    model: 'test-model',
    stream: true,
    stream_options: { include_usage: true },
    temperature: 0.3,
    max_tokens: 4000,
  });
});

test('the key stands in the Authorization header and nowhere else', async () => {
  const refused = {
    status: 401,
    error: { message: `Incorrect API key provided: ${key}`, code: 'invalid_api_key' },
  };
  const it = await bench([refused, { content: `${content}\nyour key is ${key}` }]);
  const failed = await it.author.propose(authorRequest());
  expect(failed).toMatchObject({ ok: false, code: 'unauthorized', detail: { status: 401 }, usage: {} });
  expect(failed.ok ? '' : failed.message).toContain('[key]');
  expect(failed.ok ? '' : failed.message).toContain('TEST_KEY');
  const answer = await it.author.propose(authorRequest({ generation: 1 }));
  expect(answer.ok).toBe(true);
  expect(everything(it, failed) + everything(it, answer)).not.toContain(key);
  expect(it.server.requests).toHaveLength(2);
  for (const { headers, body, path } of it.server.requests) {
    const { authorization, ...others } = headers;
    expect(authorization).toBe(`Bearer ${key}`);
    expect(JSON.stringify([others, body, path])).not.toContain(key);
  }
});

test('a key in the name of the model that answers is taken out before the name is cut, and where it is hidden', async () => {
  const hidden = Array.from(key).join('\u200b');
  const it = await bench([{ content: `${content}\nNote: ${hidden}`, model: `${'x'.repeat(75)}${key}` }]);
  const answer = await it.author.propose(authorRequest());
  expect(it.notices.join()).toContain(`${'x'.repeat(75)}[key]`);
  const shown = everything(it, answer).replace(/[^ -~]/g, '');
  expect(shown).not.toContain(key.slice(0, 5));
  expect(answer).toMatchObject({ ok: true, value: { notes: ['[key]'] } });
});

test('a missing key names its variable', () => {
  const created = createAuthor(openAiSettings(), {
    evaluator: { request: () => Promise.reject(new Error()) },
    calls: new MemoryCalls(),
    variables: { TEST_KEY: ' ' },
    notice: () => undefined,
    ...UNUSED_PORTS,
  });
  expect(created).toMatchObject({ ok: false, code: 'missing_key', detail: { variable: 'TEST_KEY' } });
  expect(created.ok ? '' : created.message).toContain('export TEST_KEY=');
});

test("a server of one's own that no key is named for is sent none, whatever variables there are", async () => {
  const it = await bench([{ content }], { settings: { keyVariable: null } });
  expect(await it.author.propose(authorRequest())).toMatchObject({ ok: true });
  expect(it.server.requests.map(({ headers }) => headers['authorization'])).toEqual(['Bearer -']);
});

describe('token counts', () => {
  test('beside the last choice, as vLLM sends them', async () => {
    const it = await bench([{ content, usageIn: 'last-choice' }]);
    expect(await it.author.propose(authorRequest())).toMatchObject({
      value: { usage: { tokensIn: 1200, tokensOut: 300 } },
    });
  });

  test('estimated, and said so once, where a server reports none', async () => {
    const it = await bench([{ content, usage: null }]);
    const answer = await it.author.propose(authorRequest());
    await it.author.propose(authorRequest({ generation: 1 }));
    expect(answer).toMatchObject({
      value: { usage: { calls: 1, tokensOut: Math.ceil(content.length / 4) } },
    });
    expect([...it.calls.entries.values()][0]?.response).toMatchObject({ usage: { estimated: true } });
    expect(it.notices).toEqual([expect.stringContaining('reports no token counts')]);
  });

  test('cached and reasoning tokens apart, at their own price', async () => {
    const usage = {
      prompt_tokens: 1000,
      completion_tokens: 500,
      prompt_tokens_details: { cached_tokens: 600 },
      completion_tokens_details: { reasoning_tokens: 400 },
    };
    const price = { input: 2, cachedInput: 0.5, output: 10 };
    const it = await bench([{ content, usage }], { settings: { price } });
    expect(await it.author.propose(authorRequest())).toMatchObject({
      value: {
        usage: {
          calls: 1,
          tokensIn: 1000,
          tokensCached: 600,
          tokensOut: 500,
          tokensReasoning: 400,
          money: (400 * 2 + 600 * 0.5 + 500 * 10) / 1e6,
        },
      },
    });
    expect([...it.calls.entries.values()][0]?.response).toMatchObject({
      usage: { input: 1000, cached: 600, output: 500, reasoning: 400 },
    });
  });

  test.each<[string, Partial<OpenAiSettings>, object]>([
    ['none is known', {}, { unpriced: 1 }],
    ['the cell says that there is none', { price: { input: 0, output: 0 } }, {}],
  ])('money is unknown where no price is, and otherwise not (%s)', async (_, settings, expected) => {
    const it = await bench([{ content }], { settings });
    const answer = await it.author.propose(authorRequest());
    expect(answer.ok && answer.value.usage).toEqual({
      calls: 1,
      tokensIn: 1200,
      tokensOut: 300,
      ...expected,
    });
  });

  test('an answer that the cell bounds tightly is asked for all the same', async () => {
    const it = await bench([{ content }], { settings: { maxTokens: 100 } });
    expect(await it.author.propose(authorRequest())).toMatchObject({ ok: true });
    expect(JSON.parse(it.server.requests[0]?.body ?? '')).toMatchObject({ max_tokens: 100 });
  });

  test('what is left of a budget bounds the answer, or forbids it', async () => {
    const price = { input: 0, output: 100 };
    const it = await bench([{ content }], { settings: { price } });
    await it.author.propose(authorRequest({ left: { money: 0.1 } }));
    expect(JSON.parse(it.server.requests[0]?.body ?? '')).toMatchObject({ max_tokens: 1000 });
    expect(await it.author.propose(authorRequest({ left: { tokens: 100 } }))).toMatchObject({
      code: 'budget',
    });
    expect(it.server.requests).toHaveLength(1);
  });
});

describe('retries', () => {
  test('429 waits as long as it is asked to', async () => {
    const busy = { status: 429, headers: { 'retry-after': '0.2' }, error: { message: 'slow down' } };
    const it = await bench([busy, { content }]);
    const start = performance.now();
    expect((await it.author.propose(authorRequest())).ok).toBe(true);
    expect(performance.now() - start).toBeGreaterThanOrEqual(195);
    expect(it.server.requests).toHaveLength(2);
    expect([...it.calls.entries.values()][0]?.response).toMatchObject({ attempts: 2 });
  });

  test.each([500, 503, 529, 408, 409])('%i is tried again', async (status) => {
    const it = await bench([{ status }, { content }]);
    expect((await it.author.propose(authorRequest())).ok).toBe(true);
    expect(it.server.requests).toHaveLength(2);
    expect(it.calls.log).toEqual(['intend', 'answer']);
  });

  test.each<[number, string, string]>([
    [400, 'invalid_request_error', 'bad_request'],
    [403, 'permission', 'unauthorized'],
    [404, 'not_found_error', 'no_interface'],
    [405, 'method_not_allowed', 'no_interface'],
    [501, 'not_implemented', 'no_interface'],
    [422, 'unprocessable', 'bad_request'],
    [429, 'insufficient_quota', 'quota'],
  ])('%i %s is not', async (status, code, expected) => {
    const it = await bench([{ status, error: { message: 'no', code } }, { content }]);
    expect(await it.author.propose(authorRequest())).toMatchObject({
      ok: false,
      code: expected,
      usage: {},
      isLasting: true,
    });
    expect(it.server.requests).toHaveLength(1);
  });

  test('they end', async () => {
    const it = await bench([{ status: 500, error: { message: 'down' } }], { retries: { attempts: 3 } });
    const answer = await it.author.propose(authorRequest());
    expect(answer).toMatchObject({ ok: false, code: 'server_error', detail: { status: 500 }, usage: {} });
    expect(answer.ok ? '' : answer.message).toContain('no answer in 3 attempts');
    expect(it.server.requests).toHaveLength(3);
  });

  test.each(['reset', 'close', 'malformed', 'error-event'] as const)(
    'a stream that breaks off (%s) is tried again, and its tokens counted',
    async (how) => {
      const it = await bench([{ content, breakAfter: { chunks: 4, how } }, { content }]);
      const answer = await it.author.propose(authorRequest());
      expect(answer.ok).toBe(true);
      expect(it.server.requests).toHaveLength(2);
      expect(answer.ok && (answer.value.usage.tokensIn ?? 0)).toBeGreaterThan(1200);
      // Both were answered with status 200, and may be charged.
      expect(answer).toMatchObject({ value: { usage: { calls: 2 } } });
    },
  );

  test('what the server has taken is a call, and no more are made than are left', async () => {
    const down = { status: 503, error: { message: 'down' } };
    const broken = { content, breakAfter: { chunks: 2, how: 'close' } } as const;
    const it = await bench([down, broken, down, broken, { content }]);
    const answer = await it.author.propose(authorRequest({ left: { calls: 2 } }));
    expect(answer).toMatchObject({ ok: false, code: 'network', isLasting: false, usage: { calls: 2 } });
    expect(answer.ok ? '' : answer.message).toContain(
      'gave no answer in 4 attempts: the stream ended before the answer was complete',
    );
    expect(it.server.requests).toHaveLength(4);
  });

  test.each([
    ['text/plain', 'hello'],
    ['application/json', '{}'],
    ['application/json', JSON.stringify({ choices: [{ message: { content } }] }, null, 2)],
  ])('an answer of %s that is no stream (%j) is not asked for again', async (contentType, body) => {
    const it = await bench([{ body, headers: { 'content-type': contentType } }, { content }]);
    const answer = await it.author.propose(authorRequest());
    expect(answer).toMatchObject({
      ok: false,
      code: 'malformed_stream',
      isLasting: true,
      usage: { calls: 1 },
    });
    expect(answer.ok ? '' : answer.message).toContain(
      `gave no answer in 1 attempt: what came is ${contentType} and no stream of chat completions`,
    );
    expect(it.server.requests).toHaveLength(1);
  });

  test('nobody listening', async () => {
    const it = await bench([{ content }], { retries: { attempts: 2 } });
    await it.server.close();
    const answer = await it.author.propose(authorRequest());
    expect(answer).toMatchObject({ ok: false, code: 'network', isOutage: true });
    expect(answer.ok ? '' : answer.message).toContain('there is no connection (ECONNREFUSED)');
  });
});

describe('endings', () => {
  test('an answer that was cut off never becomes a policy', async () => {
    const it = await bench([{ content, finishReason: 'length' }]);
    expect(await it.author.propose(authorRequest())).toMatchObject({
      ok: false,
      code: 'truncated',
      usage: { calls: 1, tokensIn: 1200, tokensOut: 300 },
    });
    expect(it.calls.log).toEqual(['intend', 'answer']);
  });

  test('a refusal is recorded', async () => {
    const it = await bench([{ refusal: 'I cannot help with that.' }]);
    const answer = await it.author.propose(authorRequest());
    expect(answer).toMatchObject({ ok: false, code: 'refusal' });
    expect([...it.calls.entries.values()][0]?.response).toMatchObject({
      refusal: 'I cannot help with that.',
    });
  });

  test.each([
    ['no file', 'I would rather explain.'],
    ['two files', `${content}\n\`\`\`python\nx = 1\n\`\`\`\n`],
    ['a file without end', '```python\nx = 1\n'],
    ['an empty file', '```python\n\n```\n'],
  ])('%s', async (_, text) => {
    const it = await bench([{ content: text }]);
    expect(await it.author.propose(authorRequest())).toMatchObject({ ok: false, code: 'no_policy' });
  });

  test('cancelling ends the call at once', async () => {
    const controller = new AbortController();
    const it = await bench([{ content, chunkDelay: 200 }]);
    const start = performance.now();
    const proposing = it.author.propose(authorRequest({ signal: controller.signal }));
    setTimeout(() => {
      controller.abort();
    }, 300);
    expect(await proposing).toMatchObject({ ok: false, code: 'cancelled' });
    expect(performance.now() - start).toBeLessThan(900);
    expect(it.server.requests).toHaveLength(1);
  });

  test('cancelling ends a wait between attempts', async () => {
    const controller = new AbortController();
    const it = await bench([{ status: 429, headers: { 'retry-after': '30' } }]);
    setTimeout(() => {
      controller.abort();
    }, 200);
    expect(await it.author.propose(authorRequest({ signal: controller.signal }))).toMatchObject({
      code: 'cancelled',
    });
  });

  test('a deadline bounds all attempts together', async () => {
    const it = await bench([{ content, delay: 5000 }], { deadline: 300 });
    expect(await it.author.propose(authorRequest())).toMatchObject({ ok: false, code: 'deadline' });
  });
});

describe('never paid twice', () => {
  test('a recorded response is used again', async () => {
    const calls = new MemoryCalls();
    const first = await bench([{ content }], { calls });
    const answer = await first.author.propose(authorRequest());
    const baseUrl = first.server.baseUrl;
    await first.server.close();
    const second = await bench([{ status: 500 }], { calls, settings: { baseUrl } });
    expect(await second.author.propose(authorRequest())).toEqual(answer);
    expect(second.server.requests).toHaveLength(0);
    expect(calls.log).toEqual(['intend', 'answer']);
  });

  test('an intent without response is called again, and said to be possibly charged', async () => {
    const calls = new MemoryCalls();
    const it = await bench([{ content, delay: 3_600_000 }, { content }], { calls });
    const controller = new AbortController();
    const asked = it.author.propose(authorRequest({ signal: controller.signal }));
    while (it.server.requests.length === 0) await nextTurn();
    controller.abort();
    expect((await asked).ok).toBe(false);
    expect((await it.author.propose(authorRequest())).ok).toBe(true);
    expect(it.notices).toEqual([expect.stringContaining('possibly charged')]);
    // A server that heeds it does not charge the second one.
    const keys = it.server.requests.map(({ headers }) => headers['idempotency-key']);
    expect(keys[0]).toMatch(/^policybook-[0-9a-f]{64}-1$/);
    expect(new Set(keys).size).toBe(1);
    expect(calls.log).toEqual(['intend', 'answer']);
  });

  test('equal prompts of different generations are different calls', async () => {
    const it = await bench([{ content }]);
    await it.author.propose(authorRequest());
    await it.author.propose(authorRequest({ generation: 1 }));
    expect(it.calls.entries.size).toBe(2);
  });
});

test('a label that is taken gets a number', async () => {
  const it = await bench([{ content }]);
  const request = authorRequest({ events: [proposed(1, { label: 'lean reflex' })] });
  expect(await it.author.propose(request)).toMatchObject({
    value: { proposals: [{ label: 'lean reflex 2' }] },
  });
});
