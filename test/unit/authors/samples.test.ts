/** Several answers to one prompt, another model for repairs, and what else a request's body may hold; against a real local server. */
import type { AuthorRequest } from '@policybook/engine';
import { z } from 'zod';
import { createAuthor } from '../../../packages/authors/src';
import type { OpenAiSettings } from '../../../packages/authors/src/openai-settings';
import {
  startOpenAiServer,
  type OpenAiServer,
  type ScriptedAnswer,
} from '../../fixtures/scripted-openai-server';
import { authorRequest, UNUSED_PORTS, MemoryCalls, openAiSettings } from './run-request';

let server: OpenAiServer | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

const write = (label: string, body = 'return 1'): ScriptedAnswer => ({
  content: `Label: ${label}\nIdea: Push.\n\n\`\`\`python\ndef act(observation):\n    ${body}\n\`\`\`\n`,
});

async function start(
  answers: readonly ScriptedAnswer[],
  settings: Partial<OpenAiSettings> = {},
  calls = new MemoryCalls(),
) {
  const listening = server ?? (await startOpenAiServer(answers));
  server = listening;
  const created = createAuthor(openAiSettings({ baseUrl: listening.baseUrl, ...settings }), {
    evaluator: { request: () => Promise.reject(new Error('the openai author asks no evaluator')) },
    calls,
    variables: { TEST_KEY: 'a-key' },
    notice: () => undefined,
    retries: { attempts: 1 },
    ...UNUSED_PORTS,
  });
  if (!created.ok) throw new Error(created.message);
  return { author: created.value, requests: listening.requests, calls };
}

const fields = z.record(z.string(), z.json());
const readBody = (body: string | undefined) => fields.parse(JSON.parse(body ?? ''));

describe('samples', () => {
  test('answers to one prompt are asked for side by side, each its own call, and all are proposed', async () => {
    const { author, requests, calls } = await start([write('one'), write('one'), write('three')], {
      samples: 3,
    });
    const answer = await author.propose(authorRequest({ left: { calls: 9, tokens: 30_000 } }));
    if (!answer.ok) throw new Error(answer.message);
    const { proposals, call, proposalCalls, usage } = answer.value;
    // Who is answered first is not decided, and neither is who gets the second of two equal labels.
    expect(proposals.map(({ label }) => label).sort()).toEqual(['one', 'one 2', 'three']);
    expect(usage).toEqual({ calls: 3, tokensIn: 3600, tokensOut: 900, unpriced: 3 });
    const files = [...calls.entries.keys()].map((hash) => `${hash}.json`);
    expect([...(proposalCalls ?? [])].sort()).toEqual(files.sort());
    expect(proposalCalls?.[0]).toBe(call);
    expect(new Set(requests.map(({ body }) => body)).size).toBe(1);
    // A run that was killed gets the same answers in the same order from its record.
    const again = await start([], { samples: 3 }, calls);
    expect(await again.author.propose(authorRequest({ left: { calls: 9, tokens: 30_000 } }))).toEqual(answer);
    expect(requests).toHaveLength(3);
  });

  test('one that fails takes nothing from the others, and what it cost counts', async () => {
    const { author } = await start([{ refusal: 'No.' }, write('good')], { samples: 2 });
    const answer = await author.propose(authorRequest());
    expect(answer).toMatchObject({
      ok: true,
      value: { proposals: [{ label: 'good' }], usage: { calls: 2, tokensOut: 600 } },
    });
  });

  test('where all fail, one failure says why, with what all of them cost', async () => {
    const { author } = await start([{ refusal: 'No.' }], { samples: 2 });
    const answer = await author.propose(authorRequest());
    expect(answer).toMatchObject({ ok: false, code: 'refusal', usage: { calls: 2 } });
  });

  test('no more are asked for than calls are left', async () => {
    const { author, requests } = await start([write('one')], { samples: 5 });
    await author.propose(authorRequest({ left: { calls: 2 } }));
    expect(requests).toHaveLength(2);
  });
});

test('another model mends what cannot be played, at its own price', async () => {
  const check: AuthorRequest['check'] = (source) =>
    Promise.resolve({
      failure: source.includes('positon')
        ? { code: 'raised', message: 'no such name', line: 2, column: null, seed: 5, step: 0 }
        : null,
      usage: {},
    });
  const { author, requests } = await start([write('slip', 'return positon'), write('slip')], {
    price: { input: 10, output: 100 },
    repair: { model: 'cheap-model', price: { input: 1, output: 2 } },
  });
  const answer = await author.propose(authorRequest({ check }));
  expect(requests.map(({ body }) => readBody(body)['model'])).toEqual(['test-model', 'cheap-model']);
  const money = (1200 * 10 + 300 * 100) / 1e6 + (1200 * 1 + 300 * 2) / 1e6;
  expect(answer.ok && answer.value.usage.money).toBeCloseTo(money, 12);
});

test('reasoning and further fields stand in the body and in the record, and other fields make another call', async () => {
  const { author, requests, calls } = await start([write('one')], {
    reasoning: 'low',
    body: { top_p: 0.9, thinking: { type: 'enabled' } },
  });
  await author.propose(authorRequest());
  const sent = { reasoning_effort: 'low', top_p: 0.9, thinking: { type: 'enabled' } };
  expect(readBody(requests[0]?.body)).toMatchObject({ ...sent, model: 'test-model', stream: true });
  expect([...calls.entries.values()][0]?.request).toMatchObject({ body: sent });
  const plain = await start([], {}, calls);
  await plain.author.propose(authorRequest());
  expect(calls.entries.size).toBe(2);
});

test('the declared deadline bounds a call', async () => {
  const { author } = await start([{ ...write('late'), delay: 60_000 }], { deadlineMs: 200 });
  const answer = await author.propose(authorRequest());
  expect(answer).toMatchObject({ ok: false, code: 'deadline' });
});
