/** What each tool of a turn says, whoever uses it: what it could not do, what it takes, and where a turn ends. */
import type { AuthorRequest, CandidateEpisode, KeptTrace } from '@policybook/engine';
import type { PolicyFailure } from '@policybook/protocol';
import { AgentSession } from '../../../packages/authors/src/agent-session';
import { refuseUse, useTool } from '../../../packages/authors/src/agent-tools';
import { buildEvent } from '../../fixtures/run-events';
import { authorRequest, id, proposed, raced, type RequestParts } from './run-request';

const TEXT = 'GAIN = 1\n\n\ndef act(observation):\n    return 0\n';

const failure: PolicyFailure = {
  code: 'raised',
  message: "KeyError: 'up'",
  line: 5,
  column: null,
  seed: 1,
  step: 1,
};

const trace: KeptTrace = {
  seed: 1,
  return: 3,
  terminated: false,
  truncated: false,
  length: 5,
  lines: [],
  steps: [1, 2, 3, 4, 5].map((step) => ({
    step,
    lines: [[5, 1]],
    variables: {},
    observation: [step],
    action: 0,
    reward: 1,
    returned: step,
  })),
  extremes: {},
  failure: null,
};

const play = (episodes: number): CandidateEpisode[] =>
  Array.from({ length: episodes }, (_, seed) => ({ seed, return: seed, isFresh: false, kept: null }));

/** A turn whose tools do as the test says, and the uses that its run has recorded. */
function openTurn(tools: Partial<AuthorRequest['tools']> = {}, parts: RequestParts = {}) {
  const recorded: string[] = [];
  const request = authorRequest(parts);
  const note = (tool: string, message: string) => {
    recorded.push(`${tool}: ${message}`);
    return Promise.resolve();
  };
  const session = new AgentSession({ ...request, tools: { ...request.tools, note, ...tools } });
  const use = async (name: string, args: unknown) => {
    const { text, isError } = await useTool(session, name, args);
    return { text, isError };
  };
  return { session, use, recorded };
}

test('what a turn has played is not played again, and fewer episodes than were asked for are said', async () => {
  const asked: number[] = [];
  const evaluate: AuthorRequest['tools']['evaluate'] = (_, episodes) => {
    asked.push(episodes);
    return Promise.resolve({ ok: true, value: { episodes: play(Math.min(6, episodes)), failure: null } });
  };
  const { use, recorded } = openTurn({ evaluate });
  const first: unknown = JSON.parse((await use('evaluate', { policy: TEXT, episodes: 4 })).text);
  expect(first).toMatchObject({ episodes: 4, mean: 1.5 });
  expect(first).not.toHaveProperty('remark');
  expect(JSON.parse((await use('evaluate', { policy: TEXT, episodes: 3 })).text)).toMatchObject({
    episodes: 3,
    mean: 1,
    remark: 'This turn has played these episodes before: none was played again.',
  });
  expect(JSON.parse((await use('evaluate', { policy: TEXT, episodes: 8 })).text)).toMatchObject({
    episodes: 6,
    remark: '6 episodes of 8 could be played: the run keeps the rest of its budget for what is proposed.',
  });
  expect(asked).toEqual([4, 8]);
  expect(recorded).toEqual(['evaluate: looked up what a policy has come to in this turn']);
});

test('a text is compared with the best other one of the turn, and not with itself', async () => {
  const evaluate: AuthorRequest['tools']['evaluate'] = (source, episodes) =>
    Promise.resolve({
      ok: true,
      value: {
        episodes: play(episodes).map((each) => ({ ...each, return: each.return + source.length })),
        failure: null,
      },
    });
  const { use } = openTurn({ evaluate });
  const compare = async (policy: string): Promise<unknown> => {
    const { text } = await use('evaluate', { policy, episodes: 2 });
    return (JSON.parse(text) as { differenceToBestOfThisTurn: unknown }).differenceToBestOfThisTurn;
  };
  expect(await compare('longest')).toBeNull();
  expect(await compare('long')).toEqual({ pairs: 2, mean: -3, standardError: 0 });
  expect(await compare('longest')).toEqual({ pairs: 2, mean: 3, standardError: 0 });
});

test('a probe whose action fails shows no line of a file that nobody wrote', async () => {
  const traced: string[] = [];
  const follow: AuthorRequest['tools']['trace'] = (source, _, what) => {
    traced.push(what);
    const value = { ...trace, failure: source.includes('up') ? failure : null };
    return Promise.resolve({ ok: true, value });
  };
  const { use } = openTurn({ trace: follow });
  const { text } = await use('probe', { actions: ['up'] });
  expect(JSON.parse(text)).toMatchObject({ ending: 'an action failed', failure: "KeyError: 'up'" });
  expect(text).not.toMatch(/policy|line|def act/);
  expect(traced).toEqual(['probe']);
});

test('a trace has so many rows at most that are evenly spread, and says where the policy failed', async () => {
  const { use } = openTurn({
    trace: () => Promise.resolve({ ok: true, value: { ...trace, failure } }),
  });
  const { text } = await use('trace', { policy: TEXT, rows: 3 });
  const { rows, ...rest } = JSON.parse(text) as { rows: { step: number }[] };
  expect(rows.map(({ step }) => step)).toEqual([1, 3, 5]);
  expect(rest).toMatchObject({ ending: 'the policy failed' });
  expect(text).toContain('> 5 |     return 0');
});

test('a text that cannot be tuned comes back with its lines, and one that may not with the reason', async () => {
  const fail = openTurn({
    tune: () => Promise.resolve({ ok: false, message: 'it fails', failure: { ...failure, step: null } }),
  });
  const failed = await fail.use('tune', { policy: TEXT });
  expect(failed.isError).toBe(true);
  expect(failed.text).toContain('> 5 |     return 0');
  const refuse = openTurn({
    tune: () => Promise.resolve({ ok: false, message: 'nothing is marked in this policy', failure: null }),
  });
  expect(await refuse.use('tune', { policy: TEXT })).toEqual({
    text: 'nothing is marked in this policy',
    isError: true,
  });
});

test('a candidate that is not there is named with what there is', async () => {
  const none = openTurn();
  const some = openTurn({}, { events: [proposed(1)] });
  for (const [tool, args] of [
    ['read', { what: 'candidate', candidate: 9 }],
    ['evaluate', { candidate: 9 }],
    ['trace', { candidate: 9 }],
    ['tune', { candidate: 9 }],
    ['submit', { policy: TEXT, label: 'a', idea: 'b', parent: 9 }],
    ['submit', { policy: TEXT, label: 'a', idea: 'b', parent: [1, 9] }],
  ] as const) {
    expect((await none.use(tool, args)).text).toMatch(/There is no candidate \d: the run has none yet\./);
    expect((await some.use(tool, args)).text).toBe(
      'There is no candidate 9: read what: history lists those of the run.',
    );
  }
});

test('read gives the documentation of the environment as a whole, where it has one', async () => {
  const { facts } = authorRequest();
  const documentation = `A pole on a cart. ${'It falls. '.repeat(300)}The end.`;
  const request = { ...authorRequest(), facts: { ...facts, documentation } };
  const read = await useTool(new AgentSession(request), 'read', { what: 'documentation' });
  // The tables of the bounds stand in it as text.
  expect(read.text).toContain('| 0 | x | -1 | 1 |');
  expect(read.text).toContain('observation space: Box(-1, 1, (2,), float32)');
  expect(read.text).toContain('A pole on a cart.');
  expect(read.text).toContain('The end.');
  const { use } = openTurn();
  expect((await use('read', { what: 'documentation' })).text).toContain(
    'The environment has no documentation.',
  );
});

test('the task says that submit proposes, and the form of an answer in words does not stand in it', async () => {
  const { use } = openTurn({}, { events: [proposed(1)] });
  const { text } = await use('read', { what: 'task' });
  expect(text).toContain('Propose by the tool submit');
  expect(text).not.toContain('Answer with exactly these three parts');
  expect(text).not.toContain('Read: @3');
});

describe('submit', () => {
  const submit = async (args: Record<string, unknown>, parts: RequestParts = {}) => {
    const { session, use } = openTurn({}, parts);
    const said = await use('submit', { label: 'a lean', idea: 'Push.', ...args });
    return { ...said, proposal: session.ended?.proposal ?? null };
  };
  const events = [
    proposed(1),
    raced(1, [3, 5]),
    proposed(2),
    buildEvent('head_changed', { candidate: id(1) }),
  ];

  test('takes what the policy was made of, and what is expected of it', async () => {
    const args = { policy: TEXT, parent: 2, expected: 12.5 };
    expect((await submit(args, { events })).proposal).toEqual({
      label: 'a lean',
      idea: 'Push.',
      source: TEXT,
      parent: id(2),
      expected: 12.5,
    });
    expect((await submit({ policy: TEXT, parent: [2, 1] }, { events })).proposal).toMatchObject({
      parent: id(2),
      joined: id(1),
    });
    expect((await submit({ policy: TEXT })).proposal).toEqual({
      label: 'a lean',
      idea: 'Push.',
      source: TEXT,
    });
  });

  test('takes edits of the parent, by default of the best policy', async () => {
    const edits = [
      { search: '    return 2', replace: '    lean = observation[0]\r\n    return lean\n' },
      { search: 'def act(observation):\n', replace: '"""Lean."""\n\ndef act(observation):' },
    ];
    expect((await submit({ edits, parent: 2 }, { events })).proposal).toMatchObject({
      parent: id(2),
      source: '"""Lean."""\n\ndef act(observation):\n    lean = observation[0]\n    return lean\n',
    });
    const best = await submit({ edits: [{ search: '    return 1', replace: '    return 7' }] }, { events });
    expect(best.proposal?.source).toBe('def act(observation):\n    return 7\n');
  });

  test.each([
    [
      'edits that do not fit',
      { edits: [{ search: 'x = 1', replace: '' }] },
      /^The edits do not fit the text of @1\. /,
    ],
    ['neither a file nor edits', {}, /^Give either `policy`, the whole file, or `edits`/],
    [
      'both',
      { policy: TEXT, edits: [{ search: '    return 1', replace: '' }] },
      /^Give either `policy`, the whole file, or `edits`/,
    ],
    ['three parents', { policy: TEXT, parent: [1, 2, 3] }, /^These arguments do not fit: /],
  ])('says what is wrong with %s, and the turn goes on', async (_, args, said) => {
    const { text, isError, proposal } = await submit(args, { events });
    expect({ isError, proposal }).toEqual({ isError: true, proposal: null });
    expect(text).toMatch(said);
  });

  test('says that there is no text to edit where there is none', async () => {
    const { text } = await submit({ edits: [{ search: '    return 1', replace: '' }] });
    expect(text).toBe('There is no earlier text that the edits could change.');
  });

  test('a label and an idea of characters that do not show come to words that do', async () => {
    const { proposal } = await submit({ policy: TEXT, label: '\u200b', idea: '\u0007' });
    expect(proposal).toMatchObject({ label: 'submitted', idea: 'submitted' });
  });
});

test('a turn takes so many uses that play nothing, and may then still be ended', async () => {
  const { session, use } = openTurn();
  for (let number = 0; number < 50; number++)
    expect(await use('note', { text: `note ${number}` })).toEqual({ text: 'kept', isError: false });
  expect((await use('note', { text: 'one more' })).text).toBe(
    'This turn has kept 50 notes, which is the most.',
  );
  for (let number = 51; number < 200; number++) await use('read', { what: 'history' });
  expect(refuseUse(session, 'read')?.text).toMatch(/^This turn has used tools 200 times without playing/);
  expect((await use('read', { what: 'history' })).isError).toBe(true);
  expect(await use('submit', { policy: TEXT, label: 'a', idea: 'b' })).toEqual({
    text: 'proposed',
    isError: false,
  });
  expect((await use('read', { what: 'history' })).text).toBe(
    'The turn is over: a policy was submitted, or it was stopped.',
  );
});
