import {
  complete,
  draftDeclaration,
  completeDeclaration,
  formatDiagnostics,
  inspect,
  parseCell,
  diagnoseAt,
  type CompareCell,
  type CompareDeclaration,
} from '../../../packages/language/src';

function cellOf(code: string): CompareCell {
  const cell = parseCell(code);
  if (cell?.kind !== 'compare') throw new Error(`no compare cell: ${JSON.stringify(cell)}`);
  return cell;
}

function declared(code: string): CompareDeclaration {
  const drafted = draftDeclaration(cellOf(code));
  if (!drafted.ok) throw new Error(formatDiagnostics(code, drafted.diagnostics));
  const filled = completeDeclaration(drafted.value, []);
  if (!filled.ok || filled.value.kind !== 'compare') throw new Error('not declared');
  return filled.value;
}

function diagnostic(body: string): unknown {
  const drafted = draftDeclaration(cellOf(`%%compare\n${body}`));
  return drafted.ok ? undefined : drafted.diagnostics[0];
}

test('a comparison needs only a list of policies', () => {
  expect(declared('%%compare\npolicies: [first, first~1/2@7, agents/ppo.npz, byhand.py]')).toEqual({
    kind: 'compare',
    comparison: 'comparison',
    environment: null,
    overrides: {},
    contestants: [
      { kind: 'policies', name: 'first', reference: { kind: 'name', name: 'first' }, text: 'first' },
      {
        kind: 'policies',
        name: 'first~1/2@7',
        reference: { kind: 'candidate', run: 'first~1/2', candidate: 7 },
        text: 'first~1/2@7',
      },
      { kind: 'agent', name: 'ppo.npz', path: 'agents/ppo.npz' },
      {
        kind: 'policies',
        name: 'byhand.py',
        reference: { kind: 'path', path: 'byhand.py' },
        text: 'byhand.py',
      },
    ],
    isSampling: false,
    against: null,
    episodes: 200,
    seed: 0,
    confidence: 0.95,
    policy: {},
    background: false,
    again: false,
    text: 'policies: [ first, first~1/2@7, agents/ppo.npz, byhand.py ]\n',
  });
});

test('every key is read, and contestants keep the order in which they are written', () => {
  const code = `%%compare as bench
environment: windy
kwargs: {gravity: -9}
returns: [-250, 320]
policies: {mine: first, the agent: ppo.npz}
baselines: [random, {constant: [0, 1]}, constant, heuristic, sampling]
agents:
  ppo: {algorithm: ppo, steps: 50000, repeat: 3, settings: {n_envs: 8}}
authors:
  search: {episodes: 500, repeat: 5}
  model: {author: openai, calls: 20, seed: 4}
against: random
episodes: 50
seed: 3
confidence: 0.9
policy: {step: 1s}
background: true
again: true
`;
  const { contestants, ...rest } = declared(code);
  expect(contestants.map(({ kind, name }) => [kind, name])).toEqual([
    ['policies', 'mine'],
    ['agent', 'the agent'],
    ['baseline', 'random'],
    ['baseline', 'constant [0,1]'],
    ['baseline', 'constant'],
    ['baseline', 'heuristic'],
    ['training', 'ppo'],
    ['author', 'search'],
    ['author', 'model'],
  ]);
  expect(contestants[3]).toMatchObject({ baseline: 'constant', action: [0, 1] });
  expect(contestants[6]).toMatchObject({
    algorithm: 'ppo',
    steps: 50_000,
    repeat: 3,
    settings: { n_envs: 8 },
  });
  expect(contestants[7]).toMatchObject({ seed: 3, search: { budget: { episodes: 500 }, repeat: 5 } });
  expect(contestants[8]).toMatchObject({ seed: 4, search: { author: { kind: 'openai' }, repeat: 1 } });
  expect(rest).toMatchObject({
    comparison: 'bench',
    environment: 'windy',
    overrides: { kwargs: { gravity: -9 }, returns: [-250, 320] },
    isSampling: true,
    against: 'random',
    episodes: 50,
    seed: 3,
    confidence: 0.9,
    policy: { stepMs: 1000 },
    background: true,
    again: true,
  });
});

test.each([
  ['', { code: 'conflict', message: 'no contestant: name policies, baselines, authors or agents' }],
  ['policies: []', { code: 'conflict', message: /no contestant/ }],
  ['policies: [first, first]', { message: "policies[1]: 'first' takes part twice", line: 2, column: 19 }],
  [
    'policies: [first]\nagainst: second',
    { message: /expected one who takes part \(first\), found 'second'/ },
  ],
  ['policies: [a b]', { message: /expected a policy reference .* found 'a b'/, line: 2 }],
  ['baselines: [randon]', { code: 'wrong_value', message: /expected random, constant, heuristic, sampling/ }],
  ['agents: {ppo: {algorithm: ppp, steps: 3}}', { nearest: 'ppo', message: /agents.ppo.algorithm/ }],
  ['agents: {ppo: {algorithm: ppo}}', { code: 'missing', message: /agents.ppo.steps/ }],
  [
    'authors: {a/b: {episodes: 3}}',
    { message: /authors: expected a name .* before the colon, found 'a\/b'/ },
  ],
  ['authors: {a: {episode: 3}}', { code: 'unknown_key', nearest: 'episodes' }],
  ['authors: {a: {tokens: 3}}', { message: /authors.a.tokens: this author makes no model calls/ }],
  ['authors: {a: {author: command}}', { code: 'wrong_value' }],
  ['reward: 1', { code: 'wrong_value' }],
])(
  '%j is refused',
  (body, { message, ...expected }: { message?: string | RegExp; [key: string]: unknown }) => {
    const found = diagnostic(body);
    expect(found).toMatchObject(expected);
    if (typeof message === 'string') expect(found).toMatchObject({ message });
    else if (message) expect(found).toMatchObject({ message: expect.stringMatching(message) as unknown });
  },
);

test.each([
  ['%%compare first', "%%compare [as NAME]: did not expect 'first'"],
  ['%%compare as', "%%compare [as NAME]: nothing stands after 'as'"],
  ['%%compare as a/b', '%%compare [as NAME]: expected a name'],
  ['%%compare as a b', "%%compare [as NAME]: did not expect 'b'"],
])('%j is not a header', (code, message) => {
  const cell = parseCell(code);
  expect(cell?.kind).toBe('invalid');
  expect(JSON.stringify(cell)).toContain(message);
});

test("what is found only at run time is reported at the contestant's place", () => {
  const code = '%%compare\npolicies:\n  - first\n  - second';
  expect(diagnoseAt(cellOf(code), { keys: [['policies', 1]] }, 'no such run')).toMatchObject({
    line: 4,
    column: 5,
  });
});

test('the editor completes keys, words and policies', () => {
  const facts = {
    environmentIds: ['CartPole-v1'],
    environments: [],
    runs: ['first'],
    candidates: () => [],
    comparisons: ['bench'],
    policies: ['byhand'],
  };
  const matches = (text: string): unknown =>
    complete(text, text.length, facts)?.matches.map((each) => each.text);
  expect(matches('%%compare as x\nbase')).toEqual(['baselines: ']);
  expect(matches('%%compare\npolicies: [f')).toEqual(['first']);
  expect(matches('%%compare\nbaselines: [ra')).toEqual(['random']);
  expect(matches('%%compare\nauthors:\n  a:\n    epi')).toEqual(['episodes: ']);
  expect(matches('%%compare ')).toEqual(['as']);
  expect(inspect('%%compare\nagainst: x', 12, facts)).toMatchObject({ found: true });
});
