/** A model that tries by tools before it proposes, against a real local server. */
import type { AuthorRequest, ToolResult } from '@policybook/engine';
import type { PolicyFailure } from '@policybook/protocol';
import { z } from 'zod';
import { createAuthor } from '../../../packages/authors/src';
import type { OpenAiSettings } from '../../../packages/authors/src/openai-settings';
import {
  startOpenAiServer,
  type OpenAiServer,
  type ScriptedAnswer,
} from '../../fixtures/scripted-openai-server';
import {
  authorRequest,
  id,
  MemoryCalls,
  openAiSettings,
  proposed,
  raced,
  type RequestParts,
  UNUSED_PORTS,
} from './run-request';

let server: OpenAiServer | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

const GOOD = 'def act(observation):\n    return int(observation[2] > 0)\n';
const SLIP = 'def act(observation):\n    return positon\n';

const call = (name: string, args: unknown): ScriptedAnswer => ({
  toolCalls: [{ name, arguments: typeof args === 'string' ? args : JSON.stringify(args) }],
});
const submit = (policy: string): ScriptedAnswer =>
  call('submit', { policy, label: 'a lean', idea: 'Push where it leans.' });
const written = (policy: string): ScriptedAnswer => ({
  content: `Label: a lean\nIdea: Push.\n\n\`\`\`python\n${policy}\`\`\`\n`,
});

const failure: PolicyFailure = {
  code: 'raised',
  message: "NameError: name 'positon' is not defined",
  line: 2,
  column: null,
  seed: 5,
  step: 0,
};
const check: AuthorRequest['check'] = (source) =>
  Promise.resolve({ failure: source === SLIP ? failure : null, usage: { episodes: 1, steps: 10 } });

/** Tools whose episodes return 10 for each character \`>\` of the text, and 1 more a seed. */
function createTools(used: string[]): AuthorRequest['tools'] {
  let left = 40;
  const note = (tool: string, message: string) => {
    used.push(`${tool}: ${message}`);
    return Promise.resolve();
  };
  const answer = async <T>(tool: string, episodes: number, value: T): Promise<ToolResult<T>> => {
    if (episodes > left) return { ok: false, message: 'too few episodes are left', failure: null };
    left -= episodes;
    await note(tool, `${episodes} episodes`);
    return { ok: true, value };
  };
  return {
    get episodesLeft() {
      return left;
    },
    by: () => {
      throw new Error('one author uses these tools');
    },
    probe: () => Promise.resolve({ ok: false, message: 'it is known', failure: null }),
    evaluate: (source, episodes) => {
      const base = 10 * (source.split('>').length - 1);
      const played = Array.from({ length: episodes }, (_, seed) => ({
        seed,
        return: base + seed,
        isFresh: false,
        kept: null,
      }));
      return answer('evaluate', episodes, { episodes: played, failure: null });
    },
    trace: (_, place) =>
      answer('trace', 1, {
        seed: place,
        return: 2,
        terminated: true,
        truncated: false,
        length: 2,
        lines: [],
        failure: null,
        steps: [1, 2].map((step) => ({
          step,
          lines: [[2, 1] as [number, number]],
          variables: { lean: '0.5' },
          observation: [0, step],
          action: 1,
          reward: 1,
          returned: step,
        })),
        extremes: {},
      }),
    tune: (source, episodes) => answer('tune', episodes, { source: `${source}# tuned\n`, generations: [] }),
    note,
  };
}

async function start(answers: readonly ScriptedAnswer[], mostTurns = 8) {
  const calls = new MemoryCalls();
  await server?.close();
  const listening = await startOpenAiServer(answers);
  server = listening;
  const more: Partial<OpenAiSettings> = { baseUrl: listening.baseUrl, agent: { mostTurns } };
  const created = createAuthor(openAiSettings(more), {
    evaluator: { request: () => Promise.reject(new Error('the openai author asks no evaluator')) },
    calls,
    variables: { TEST_KEY: 'a-key' },
    ...UNUSED_PORTS,
    notice: () => undefined,
    retries: { attempts: 1 },
  });
  if (!created.ok) throw new Error(created.message);
  const author = created.value;
  const used: string[] = [];
  const ask = (parts: RequestParts = {}) =>
    author.propose(authorRequest({ check, tools: createTools(used), ...parts }));
  return { ask, used, requests: listening.requests, calls };
}

const chat = z.looseObject({
  messages: z.array(z.looseObject({ role: z.string(), content: z.string() })),
  tools: z.array(z.looseObject({ function: z.looseObject({ name: z.string() }) })),
});
const readBody = (body: string | undefined) => chat.parse(JSON.parse(body ?? ''));
/** What the last use of a tool has come to, as the next request tells it. */
const readResult = (body: string | undefined): string => readBody(body).messages.at(-1)?.content ?? '';

test('a model reads, probes, evaluates, traces, tunes and notes, and submits what it found', async () => {
  const { ask, used, requests, calls } = await start([
    call('read', { what: 'history' }),
    call('probe', { actions: [0, 1] }),
    call('evaluate', { policy: 'def act(observation):\n    return 0\n', episodes: 4 }),
    call('evaluate', { policy: GOOD, episodes: 4 }),
    call('trace', { candidate: 1, rows: 1 }),
    call('note', { text: 'The pole falls to the left.' }),
    submit(GOOD),
  ]);
  const answer = await ask({ events: [proposed(1), raced(1, [3, 5])] });
  const files = [...calls.entries.keys()].map((hash) => `${hash}.json`);
  expect(answer).toMatchObject({
    ok: true,
    value: {
      proposals: [{ label: 'a lean', idea: 'Push where it leans.', source: GOOD }],
      notes: ['The pole falls to the left.'],
      exhausted: false,
      call: files[6],
      earlierCalls: files.slice(0, 6),
      // The tools' own episodes are events of the run; trying the submitted text is the answer's.
      usage: { calls: 7, episodes: 1, steps: 10 },
    },
  });
  expect(used).toEqual([
    'read: read the history',
    'trace: 1 episodes',
    'evaluate: 4 episodes',
    'evaluate: 4 episodes',
    'trace: 1 episodes',
    'note: notes: The pole falls to the left.',
  ]);
  expect(readBody(requests[0]?.body).tools.map((tool) => tool.function.name)).toEqual([
    'read',
    'probe',
    'evaluate',
    'trace',
    'tune',
    'note',
    'submit',
    'stop',
  ]);
  // The table that the prompts of models have.
  expect(readResult(requests[1]?.body)).toContain('| @1 | label 1: ');
  expect(JSON.parse(readResult(requests[2]?.body))).toMatchObject({
    steps: 2,
    rows: [{ step: 1 }, { step: 2 }],
  });
  expect(JSON.parse(readResult(requests[4]?.body))).toMatchObject({
    mean: 11.5,
    returns: [10, 11, 12, 13],
    differenceToBestOfThisTurn: { pairs: 4, mean: 10, standardError: 0 },
    episodesLeft: 31,
  });
  expect(JSON.parse(readResult(requests[5]?.body))).toMatchObject({
    rows: [{ step: 1, decidedByLine: 2, variables: { lean: '0.5' } }],
  });
});

test('what cannot be done is said to the model, which goes on', async () => {
  const { ask, used, requests } = await start([
    call('divine', {}),
    call('evaluate', '{"policy": '),
    call('probe', `{"actions": ${'['.repeat(5000)}${']'.repeat(5000)}}`),
    call('evaluate', { policy: GOOD, episodes: 0 }),
    call('evaluate', {}),
    call('evaluate', { policy: GOOD, episodes: 60 }),
    call('read', { what: 'candidate', candidate: 9 }),
    submit(GOOD),
  ]);
  expect(await ask()).toMatchObject({ ok: true, value: { proposals: [{ source: GOOD }] } });
  const said = requests.slice(1).map(({ body }) => readResult(body));
  expect(said).toEqual([
    'It could not be done: There is no tool divine; there are read, probe, evaluate, trace, tune, note, submit, stop.',
    expect.stringMatching(/^It could not be done: The arguments are no JSON: /),
    'It could not be done: The arguments are nested too deeply.',
    expect.stringMatching(/^It could not be done: These arguments do not fit: [\s\S]*episodes/),
    expect.stringMatching(/^It could not be done: Give either/),
    'It could not be done: too few episodes are left',
    expect.stringMatching(/^It could not be done: There is no candidate 9: the run has none yet\./),
  ]);
  expect(used).toEqual([]);
});

test('a submitted text that cannot be played comes back twice, with its lines, and is then proposed as it is', async () => {
  const { ask, requests } = await start([submit(SLIP)]);
  expect(await ask()).toMatchObject({
    ok: true,
    value: { proposals: [{ source: SLIP }], usage: { calls: 3, episodes: 3 } },
  });
  expect(readResult(requests[1]?.body)).toContain('> 2 |     return positon');
});

test('an answer in words ends the turn as well', async () => {
  const { ask, requests } = await start([{ content: 'I shall think.' }, written(SLIP), written(GOOD)]);
  expect(await ask()).toMatchObject({ ok: true, value: { proposals: [{ source: GOOD }] } });
  expect(readBody(requests[1]?.body).messages.at(-1)).toEqual({
    role: 'user',
    content: 'Use a tool, or end the turn by submit.',
  });
  expect(readBody(requests[2]?.body).messages.at(-1)?.content).toContain("name 'positon' is not defined");
});

test.each([
  ['its answers', [call('evaluate', { policy: GOOD, episodes: 2 })], {}],
  ['its calls', [call('evaluate', { policy: GOOD, episodes: 2 })], { left: { calls: 2 } }],
  [
    'an answer that is cut off',
    [call('evaluate', { policy: GOOD, episodes: 2 }), { content: 'I shall', finishReason: 'length' }],
    {},
  ],
] as const)('a turn that ends by %s proposes the best text that was tried', async (_, answers, parts) => {
  const { ask, requests } = await start(answers, 3);
  expect(await ask(parts)).toMatchObject({
    ok: true,
    value: { proposals: [{ label: 'test-model 1', source: GOOD }], exhausted: false },
  });
  expect(requests.length).toBeLessThanOrEqual(3);
});

test('a turn that an outage has ended goes on where it was, without a use or a call twice', async () => {
  const down = { status: 500, error: { message: 'overloaded' } };
  const { ask, requests } = await start([
    call('evaluate', { policy: GOOD, episodes: 2 }),
    down,
    submit(GOOD),
  ]);
  expect(await ask()).toMatchObject({ ok: false, code: 'server_error', isLasting: true, isOutage: true });
  expect(await ask()).toMatchObject({
    ok: true,
    value: { proposals: [{ source: GOOD }], usage: { calls: 2 } },
  });
  expect(requests).toHaveLength(3);
});

test('with the last answer but one the model reads that one is left', async () => {
  const { ask, requests } = await start([call('read', { what: 'task' }), submit(GOOD)], 2);
  await ask();
  expect(readResult(requests[1]?.body)).toContain('One answer is left in this turn: submit a policy now.');
  expect(readResult(requests[1]?.body)).toContain('# The environment');
});

test('a model that stops has nothing more to propose', async () => {
  const { ask, used } = await start([call('stop', { reason: 'It is solved.' })]);
  expect(await ask()).toMatchObject({ ok: true, value: { proposals: [], exhausted: true } });
  expect(used).toEqual(['stop: stops: It is solved.']);
});

test('a turn that is asked for again comes from its record, without a call', async () => {
  const { ask, requests } = await start([call('evaluate', { policy: GOOD, episodes: 2 }), submit(GOOD)]);
  const first = await ask();
  expect(await ask()).toEqual(first);
  expect(requests).toHaveLength(2);
});

test('two calls in one answer are both answered, in their order', async () => {
  const both: ScriptedAnswer = {
    toolCalls: [
      { name: 'read', arguments: '{"what": "candidate", "candidate": 1}' },
      { name: 'evaluate', arguments: '{"candidate": 1, "episodes": 2}' },
    ],
  };
  const { ask, requests } = await start([both, submit(GOOD)]);
  await ask({ events: [proposed(1)] });
  const said = readBody(requests[1]?.body).messages.slice(-2);
  expect(said.map(({ role }) => role)).toEqual(['tool', 'tool']);
  expect(said.map((message) => message['tool_call_id'])).toEqual(['call_0', 'call_1']);
  expect(said[0]?.content).toContain(`return ${Number(id(1))}`);
});
