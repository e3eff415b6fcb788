/** The author openai by the Responses API, against a server that refuses requests which the published description does not allow. */
import { z } from 'zod';
import { createAuthor } from '../../../packages/authors/src';
import type { OpenAiSettings } from '../../../packages/authors/src/openai-settings';
import {
  startOpenAiServer,
  type OpenAiServer,
  type ScriptedAnswer,
} from '../../fixtures/scripted-openai-server';
import { authorRequest, MemoryCalls, openAiSettings, UNUSED_PORTS } from './run-request';

let server: OpenAiServer | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

const POLICY = 'def act(observation):\n    return 1\n';
const content = `Label: a lean\nIdea: Push.\n\n\`\`\`python\n${POLICY}\`\`\`\n`;

async function start(
  answers: readonly ScriptedAnswer[],
  settings: Partial<OpenAiSettings> = {},
  attempts = 1,
) {
  const listening = await startOpenAiServer(answers);
  server = listening;
  const calls = new MemoryCalls();
  const created = createAuthor(
    openAiSettings({ baseUrl: listening.baseUrl, api: 'responses', ...settings }),
    {
      evaluator: { request: () => Promise.reject(new Error('the openai author asks no evaluator')) },
      calls,
      variables: { TEST_KEY: 'a-key' },
      notice: () => undefined,
      retries: { attempts },
      ...UNUSED_PORTS,
    },
  );
  if (!created.ok) throw new Error(created.message);
  return { author: created.value, requests: listening.requests, calls };
}

const body = z.looseObject({ input: z.array(z.looseObject({})) });
const readBody = (text: string | undefined) => body.parse(JSON.parse(text ?? ''));

test('a policy, with its tokens: cached and reasoning apart', async () => {
  const usage = {
    prompt_tokens: 900,
    completion_tokens: 400,
    prompt_tokens_details: { cached_tokens: 500 },
    completion_tokens_details: { reasoning_tokens: 250 },
  };
  const { author, requests, calls } = await start([{ content, usage, reasoning: 'Let me think.' }], {
    reasoning: 'low',
  });
  expect(await author.propose(authorRequest())).toMatchObject({
    ok: true,
    value: {
      proposals: [{ label: 'a lean', source: POLICY }],
      usage: { calls: 1, tokensIn: 900, tokensOut: 400, tokensCached: 500, tokensReasoning: 250 },
    },
  });
  expect(requests.map(({ path }) => path)).toEqual(['/v1/responses']);
  expect(readBody(requests[0]?.body)).toMatchObject({ store: false, reasoning: { effort: 'low' } });
  expect([...calls.entries.values()][0]?.request).toMatchObject({ api: 'responses' });
});

test('tools are called and answered by their ids, and the turn ends by submit', async () => {
  const call = (name: string, args: object): ScriptedAnswer => ({
    toolCalls: [{ name, arguments: JSON.stringify(args) }],
  });
  const submitted = { policy: POLICY, label: 'a lean', idea: 'Push.' };
  const { author, requests } = await start([call('read', { what: 'history' }), call('submit', submitted)], {
    agent: { mostTurns: 4 },
  });
  expect(await author.propose(authorRequest())).toMatchObject({
    ok: true,
    value: { proposals: [{ source: POLICY }] },
  });
  expect(readBody(requests[1]?.body).input.slice(-2)).toEqual([
    { type: 'function_call', call_id: 'call_0', name: 'read', arguments: '{"what":"history"}' },
    { type: 'function_call_output', call_id: 'call_0', output: 'Nothing was proposed yet.' },
  ]);
});

test.each([
  ['cut off', { content: 'Label: a', finishReason: 'length' }, 'truncated'],
  ['refused', { refusal: 'I will not.' }, 'refusal'],
  ['filtered', { finishReason: 'content_filter' }, 'refusal'],
  ['broken off', { content, breakAfter: { chunks: 2, how: 'close' } }, 'network'],
] satisfies [string, ScriptedAnswer, string][])(
  'an answer that is %s is no policy',
  async (_, answer, code) => {
    const { author } = await start([answer]);
    expect(await author.propose(authorRequest())).toMatchObject({ ok: false, code });
  },
);

test.each([404, 405, 501])(
  'a server without this interface is asked once, and its %i is said with what to write',
  async (status) => {
    const { author, requests } = await start([{ status, error: { message: 'Not here' } }], {}, 3);
    expect(await author.propose(authorRequest())).toMatchObject({
      ok: false,
      code: 'no_interface',
      isLasting: true,
      message: expect.stringMatching(
        /has no Responses API, .*: \d+ Not here\. Write api: chat into the author/,
      ) as string,
    });
    expect(requests).toHaveLength(1);
  },
);

test('a model that the server does not have is no matter of the interface', async () => {
  const { author } = await start([{ status: 404, error: { message: 'model "x" not found' } }]);
  expect(await author.propose(authorRequest())).toMatchObject({ ok: false, code: 'bad_request' });
});
