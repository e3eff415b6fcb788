/** A text that cannot be played is mended by its model, against a real local server. */
import type { PolicyFailure } from '@policybook/protocol';
import type { AuthorRequest } from '@policybook/engine';
import { z } from 'zod';
import { createAuthor } from '../../../packages/authors/src';
import type { OpenAiSettings } from '../../../packages/authors/src/openai-settings';
import { buildEvent } from '../../fixtures/run-events';
import {
  startOpenAiServer,
  type OpenAiServer,
  type ScriptedAnswer,
} from '../../fixtures/scripted-openai-server';
import { authorRequest, id, MemoryCalls, openAiSettings, proposed, raced, UNUSED_PORTS } from './run-request';

let server: OpenAiServer | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

const write = (label: string, body: string): ScriptedAnswer => ({
  content: `Label: ${label}\nIdea: Push.\n\n\`\`\`python\ndef act(observation):\n${body}\n\`\`\`\n`,
});
const slip = write('a slip', '    lean = observation[2]\n    return positon > 0');
const good = write('a slip', '    return int(observation[2] > 0)');

const failure: PolicyFailure = {
  code: 'raised',
  message: "NameError: name 'positon' is not defined",
  line: 3,
  column: null,
  seed: 5,
  step: 0,
};

/** Plays what does not hold the slip; each trial takes an episode of ten steps. */
const check: AuthorRequest['check'] = (source) =>
  Promise.resolve({
    failure: source.includes('positon') ? failure : null,
    usage: { episodes: 1, steps: 10 },
  });

async function start(
  answers: readonly ScriptedAnswer[],
  settings: Partial<OpenAiSettings> = {},
  calls = new MemoryCalls(),
) {
  await server?.close();
  const listening = await startOpenAiServer(answers);
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

const chat = z.looseObject({ messages: z.array(z.object({ role: z.string(), content: z.string() })) });
const readMessages = (body: string | undefined) => chat.parse(JSON.parse(body ?? '')).messages;

test('the same conversation goes on with what fails and its place in the text', async () => {
  const { author, requests, calls } = await start([slip, good]);
  const answer = await author.propose(authorRequest({ check }));
  const [first, second] = [...calls.entries.keys()].map((hash) => `${hash}.json`);
  expect(answer).toMatchObject({
    ok: true,
    value: {
      proposals: [{ label: 'a slip', source: 'def act(observation):\n    return int(observation[2] > 0)\n' }],
      call: second,
      repaired: [first],
      usage: { calls: 2, tokensIn: 2400, tokensOut: 600, episodes: 2, steps: 20 },
    },
  });
  const [asked, again] = requests.map(({ body }) => readMessages(body));
  expect(again?.slice(0, 2)).toEqual(asked);
  expect(again?.[2]).toEqual({ role: 'assistant', content: slip.content });
  expect(again?.[3]?.role).toBe('user');
  expect(again?.[3]?.content).toBe(
    [
      'The policy cannot be played. It failed (raised, in step 1 of an episode):',
      '',
      '<<<',
      "| NameError: name 'positon' is not defined",
      '>>>',
      '',
      'The lines around line 3:',
      '',
      '<<<',
      '|   1 | def act(observation):',
      '|   2 |     lean = observation[2]',
      '| > 3 |     return positon > 0',
      '>>>',
      '',
      'Answer again in the same form: mend this, and keep to the idea.',
    ].join('\n'),
  );
});

test('the prompt of a conversation is written once, however often its text is mended', async () => {
  const { author, requests } = await start([slip, slip, good]);
  const read: number[] = [];
  const request = authorRequest({
    check,
    events: [proposed(1), raced(1, [10, 20]), buildEvent('head_changed', { candidate: id(1) })],
    episodes: (candidate) => {
      read.push(candidate);
      return [];
    },
  });
  expect(await author.propose(request)).toMatchObject({ ok: true });
  expect(requests).toHaveLength(3);
  expect(read).toEqual([1]);
});

test('an answer without a policy is asked for again', async () => {
  const { author, requests } = await start([{ content: 'I would push the cart.' }, good]);
  const answer = await author.propose(authorRequest({ check }));
  expect(answer).toMatchObject({
    ok: true,
    value: { proposals: [{ label: 'a slip' }], usage: { calls: 2 } },
  });
  expect(readMessages(requests[1]?.body).at(-1)?.content).toContain('holds 0 Python files');
});

test('after two repairs the text is proposed as it is, so that the run can say why it fails', async () => {
  const { author, requests } = await start([slip]);
  const answer = await author.propose(authorRequest({ check }));
  expect(requests).toHaveLength(3);
  expect(answer).toMatchObject({
    ok: true,
    value: { proposals: [{ label: 'a slip' }], usage: { calls: 3, episodes: 2 } },
  });
});

test.each([
  ['calls', { calls: 1 }],
  ['tokens', { tokens: 2000 }],
])('no repair is made that %s are not left for, and the text is kept', async (_, left) => {
  const { author, requests } = await start([slip]);
  const answer = await author.propose(authorRequest({ check, left }));
  expect(requests).toHaveLength(1);
  expect(answer).toMatchObject({
    ok: true,
    value: { proposals: [{ label: 'a slip' }], usage: { calls: 1 } },
  });
});

test('a repair that the server cannot answer now is asked for again later, and the first answer is not', async () => {
  const { author, requests } = await start([slip, { status: 500, error: { message: 'overloaded' } }, good]);
  const failed = await author.propose(authorRequest({ check }));
  expect(failed).toMatchObject({ ok: false, code: 'server_error', isLasting: true, isOutage: true });
  expect(await author.propose(authorRequest({ check }))).toMatchObject({
    ok: true,
    value: { usage: { calls: 2 } },
  });
  expect(requests).toHaveLength(3);
});

test('a repair that comes to nothing leaves the text, and what was paid stays counted', async () => {
  const { author } = await start([slip, { content: 'I shall', finishReason: 'length' }]);
  const answer = await author.propose(authorRequest({ check }));
  expect(answer).toMatchObject({
    ok: true,
    value: { proposals: [{ label: 'a slip' }] },
  });
});

test('a conversation that was recorded is not paid again', async () => {
  const { author, requests } = await start([slip, good]);
  const before = await author.propose(authorRequest({ check }));
  expect(await author.propose(authorRequest({ check }))).toEqual(before);
  expect(requests).toHaveLength(2);
});

test('independent samples are the first answers, as they are', async () => {
  const { author, requests } = await start([slip, good], { memory: 'none' });
  const answer = await author.propose(authorRequest({ check }));
  expect(requests).toHaveLength(1);
  expect(answer).toMatchObject({ value: { usage: { calls: 1 }, proposals: [{ label: 'a slip' }] } });
});

const known = [
  proposed(1),
  proposed(2),
  raced(1, [10, 20]),
  buildEvent('head_changed', { candidate: id(1) }),
];
const edit = (search: string, replace: string): ScriptedAnswer => ({
  content: `Label: an edit\nIdea: Turn it.\n\n<<<<<<< SEARCH\n${search}\n=======\n${replace}\n>>>>>>> REPLACE\n`,
});

test('edits that do not match are refused with the place, and mended as edits', async () => {
  const { author, requests } = await start([
    edit('    return 2', '    return 0'),
    edit('    return 1', '    return 0'),
  ]);
  const answer = await author.propose(authorRequest({ check, events: known }));
  expect(readMessages(requests[0]?.body)[0]?.content).toContain('<<<<<<< SEARCH');
  expect(readMessages(requests[1]?.body).at(-1)?.content).toContain(
    'The edits do not fit the text of @1. The block does not match: the text has no such lines.',
  );
  expect(answer).toMatchObject({
    ok: true,
    value: { proposals: [{ label: 'an edit', source: 'def act(observation):\n    return 0\n' }] },
  });
});

test('texts that are asked for come in the same conversation, twice at most, and no repair is spent on it', async () => {
  const reading = { content: 'Read: @2, @7\nNote: Look at @2 again.' };
  const { author, requests, calls } = await start([reading, reading, slip, good]);
  const answer = await author.propose(authorRequest({ check, events: known }));
  expect(readMessages(requests[1]?.body).at(-1)?.content).toBe(
    [
      '@2 "label 2":',
      '',
      '```python',
      'def act(observation):',
      '    return 2',
      '```',
      '',
      'There is no policy @7.',
      '',
      'Answer now with a policy, or read others once more.',
    ].join('\n'),
  );
  expect(readMessages(requests[2]?.body).at(-1)?.content).toContain('nothing more can be read');
  const names = [...calls.entries.keys()].map((hash) => `${hash}.json`);
  expect(answer).toMatchObject({
    ok: true,
    value: {
      proposals: [{ label: 'a slip' }],
      notes: ['Look at @2 again.'],
      earlierCalls: names.slice(0, 2),
      repaired: names.slice(2, 3),
      call: names[3],
      usage: { calls: 4 },
    },
  });
});

test('an author that reads on and on has no policy', async () => {
  const { author, requests } = await start([{ content: 'Read: @2' }]);
  expect(await author.propose(authorRequest({ check, events: known }))).toMatchObject({
    ok: false,
    code: 'no_policy',
    usage: { calls: 5 },
  });
  expect(requests).toHaveLength(5);
});

test('a model that cannot write edits reads nothing of them', async () => {
  const { author, requests } = await start([good], { edits: false });
  await author.propose(authorRequest({ check, events: known }));
  const [system] = readMessages(requests[0]?.body);
  expect(system?.content).not.toContain('SEARCH');
  expect(system?.content).toContain('Parent: @5');
});
