/** The replay author: recorded answers again, from nowhere but the record. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Author } from '@policybook/engine';
import { NumberedFolders } from '@policybook/store';
import { createAuthor, describeReplay, type RecordedAnswers } from '../../../packages/authors/src';
import { buildEvent } from '../../fixtures/run-events';
import { startOpenAiServer, type ScriptedAnswer } from '../../fixtures/scripted-openai-server';
import {
  authorRequest,
  UNUSED_PORTS,
  listCalls,
  MemoryCalls,
  openAiSettings,
  promoted,
  proposed,
  score,
} from './run-request';

const write = (label: string): ScriptedAnswer => ({
  content: `Label: ${label}\nIdea: Push.\n\n\`\`\`python\ndef act(observation):\n    return 1\n\`\`\`\n`,
});
const price = { input: 2, output: 10 };

function create(
  settings: Parameters<typeof createAuthor>[0],
  parts: Partial<Parameters<typeof createAuthor>[1]> = {},
): Author {
  const author = createAuthor(settings, {
    evaluator: { request: () => Promise.reject(new Error('no evaluator is asked')) },
    calls: new MemoryCalls(),
    variables: {},
    notice: () => undefined,
    ...UNUSED_PORTS,
    retries: { attempts: 1 },
    ...parts,
  });
  if (!author.ok) throw new Error(author.message);
  return author.value;
}

/** What a model answered in generations 0 and 1, its server stopped since. */
async function record(change: Partial<RecordedAnswers> = {}): Promise<RecordedAnswers> {
  const server = await startOpenAiServer([write('first'), write('second')]);
  const author = openAiSettings({ baseUrl: server.baseUrl, price });
  const calls = new MemoryCalls();
  const model = create(author, { calls, variables: { TEST_KEY: 'a-key' } });
  for (const generation of [0, 1]) await model.propose(authorRequest({ generation }));
  await server.close();
  return { author, calls: listCalls(calls), failures: [], isProbed: true, ...change };
}

interface Replayed {
  readonly author: Author;
  readonly calls: MemoryCalls;
  readonly notices: readonly string[];
}

function replay(recorded: RecordedAnswers, strict = false): Replayed {
  const calls = new MemoryCalls();
  const notices: string[] = [];
  const author = create(describeReplay({ run: 'first', strict }, recorded), {
    calls,
    notice: (message) => notices.push(message),
    readRecordedAnswers: () => Promise.resolve({ ok: true, value: recorded }),
  });
  return { author, calls, notices };
}

const changed = authorRequest({ generation: 1, events: [proposed(1), promoted(1, score(100))] });

test('recorded answers come again, free and without a key, and their cost is said apart', async () => {
  const recorded = await record();
  const { author, calls, notices } = replay(recorded, true);
  const cost = { calls: 1, tokensIn: 1200, tokensOut: 300, money: (1200 * 2 + 300 * 10) / 1e6 };
  expect(await author.propose(authorRequest())).toMatchObject({
    ok: true,
    value: { proposals: [{ label: 'first' }], usage: {}, replayed: { usage: cost } },
  });
  await author.propose(authorRequest({ generation: 1 }));
  expect(notices).toEqual([]);
  // The new run has the calls too, so that it can be replayed itself.
  expect(listCalls(calls)).toEqual(recorded.calls);
  expect(
    describeReplay(
      { run: 'again', strict: false },
      { ...recorded, author: { ...describeReplay({ run: 'first', strict: true }, recorded) } },
    ).of,
  ).toEqual(recorded.author);
});

test.each([
  [true, 1],
  [false, 0],
])('a replay probes first exactly where its record did: %s', async (isProbed, times) => {
  const recorded = await record({ isProbed });
  const { author } = replay(recorded);
  const request = authorRequest();
  const probe = jest.fn(() => request.tools.probe());
  const tools = { ...request.tools, probe };
  expect(await author.propose({ ...request, tools })).toMatchObject({ ok: true });
  expect(probe).toHaveBeenCalledTimes(times);
});

test('a call that gave no answer is none of a record', async () => {
  const [first, second] = (await record()).calls;
  if (first === undefined || second === undefined) throw new Error('two calls are recorded');
  const response = { failed: { code: 'server_error', message: 'down', status: 500 }, attempts: 8 };
  const { author } = replay(await record({ calls: [{ ...first, response }, second] }), true);
  const answers = [0, 1].map((generation) => author.propose(authorRequest({ generation })));
  expect((await Promise.all(answers)).filter((answer) => answer.ok && answer.value.exhausted)).toHaveLength(
    1,
  );
});

test('a changed prompt takes the answer of its place, and the difference is said and recorded', async () => {
  const recorded = await record();
  const { author, calls, notices } = replay(recorded);
  const answer = await author.propose(changed);
  const [call = ''] = calls.entries.keys();
  const [change] = (answer.ok && answer.value.replayed?.changed) || [];
  if (change === undefined) throw new Error('no change is said');
  const { recorded: taken, difference } = change;
  expect(answer).toMatchObject({
    ok: true,
    value: { proposals: [{ label: 'second' }], usage: {}, replayed: { changed: [{ call: `${call}.json` }] } },
  });
  expect(recorded.calls.map(({ hash }) => `${hash}.json`)).toContain(taken);
  expect(taken).not.toBe(`${call}.json`);
  expect(difference.length).toBeGreaterThan(1);
  expect(difference.length).toBeLessThanOrEqual(12);
  expect(difference.every((line) => /^[+-] /.test(line))).toBe(true);
  expect(notices).toEqual([
    expect.stringContaining('The prompt of generation 1 differs from the one that first recorded'),
  ]);
  expect(await author.propose(changed)).toEqual(answer);
});

test('a strict replay ends at a changed prompt, and says where it differs', async () => {
  const { author, calls } = replay(await record(), true);
  const answer = await author.propose(changed);
  expect(answer).toMatchObject({ ok: false, code: 'prompt_changed', isLasting: true, usage: {} });
  expect(answer.ok ? '' : answer.message).toContain('the prompt of generation 1 differs');
  expect(calls.entries.size).toBe(0);
});

test('where the record ends nothing more is proposed, and that is why', async () => {
  const { author, calls } = replay(await record());
  const answer = await author.propose(authorRequest({ generation: 2 }));
  const ending = 'the record has no answer for generation 2 of first, so that nothing more is proposed';
  expect(answer).toMatchObject({ ok: true, value: { proposals: [], exhausted: true, ending } });
  expect(calls.entries.size).toBe(0);
});

test('an answer that the record has not whole is not asked for', async () => {
  const recorded = await record();
  const calls = recorded.calls.map((call) => ({ ...call, response: { answered: 1 } }));
  const { author } = replay({ ...recorded, calls });
  expect(await author.propose(authorRequest())).toMatchObject({ ok: true, value: { exhausted: true } });
});

test('a failure that is recorded fails again', async () => {
  const failures = [
    buildEvent('author_failed', { generation: 2, code: 'network', message: 'the server gave no answer' }),
  ];
  const { author } = replay(await record({ failures }));
  const answer = await author.propose(authorRequest({ generation: 2 }));
  expect(answer).toMatchObject({
    ok: false,
    code: 'network',
    message: failures[0]?.message,
    isLasting: false,
  });
});

test('a record that holds other answers by now is refused', async () => {
  const recorded = await record();
  const author = create(describeReplay({ run: 'first', strict: false }, recorded), {
    readRecordedAnswers: () => Promise.resolve({ ok: true, value: { ...recorded, calls: [] } }),
  });
  expect(await author.propose(authorRequest())).toMatchObject({ ok: false, code: 'record_changed' });
});

test('the answers of a program are replayed without the program and without a folder', async () => {
  const root = await mkdtemp(join(tmpdir(), 'policybook-replay-'));
  try {
    const author = {
      kind: 'command',
      run: 'write',
      deadlineSeconds: 60,
      pass: [],
      maxPromptTokens: 12_000,
      instructions: null,
    };
    const calls = new MemoryCalls();
    const program = create(author, {
      calls,
      openRequests: () => new NumberedFolders(root),
      runProgram: async ({ folder }) => {
        await writeFile(join(folder, 'policy.py'), 'def act(observation):\n    return 1\n');
        return { exitCode: 0, how: 'ended', isOverdue: false, stdout: '', stderr: '' };
      },
    });
    const first = await program.propose(authorRequest());
    if (!first.ok) throw new Error(first.message);
    const made = await readdir(root, { recursive: true });
    const recorded = { author, calls: listCalls(calls), failures: [], isProbed: true };
    const settings = describeReplay({ run: 'first', strict: true }, recorded);
    const again = create(settings, {
      openRequests: () => new NumberedFolders(root),
      runProgram: () => Promise.reject(new Error('no program is started')),
      readRecordedAnswers: () => Promise.resolve({ ok: true, value: recorded }),
    });
    const answer = await again.propose(authorRequest());
    expect(answer).toMatchObject({ ok: true, value: { proposals: first.value.proposals, usage: {} } });
    expect(answer.ok && answer.value.replayed?.usage.calls).toBe(1);
    const over = await again.propose(authorRequest({ generation: 1 }));
    expect(over).toMatchObject({ ok: true, value: { exhausted: true } });
    expect(await readdir(root, { recursive: true })).toEqual(made);
  } finally {
    await rm(root, { recursive: true });
  }
});
