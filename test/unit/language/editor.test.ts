import { complete, inspect, isComplete } from '../../../packages/language/src';

const facts = {
  environmentIds: ['CartPole-v1', 'LunarLander-v3'],
  environments: ['windy'],
  runs: ['first'],
  candidates: (run: string) => (run === 'first' ? [1, 2, 21] : []),
  comparisons: ['bench'],
  policies: ['byhand'],
};

/** The text with its `|` taken out, and where that stood. */
function cursor(text: string): [string, number] {
  const at = text.indexOf('|');
  return [text.replace('|', ''), at];
}

function matches(text: string): readonly string[] | undefined {
  return complete(...cursor(text), facts)?.matches.map((match) => match.text);
}

test.each([
  ['%%learn |', ['windy', 'CartPole-v1', 'LunarLander-v3']],
  ['%%learn lu|', ['LunarLander-v3']],
  ['%%learn X a|', ['as']],
  ['%%learn X as |', ['first']],
  ['%%policy p for w|', ['windy']],
  ['%%learn X\nep|', ['episodes: ']],
  ['%%learn X\nep|: 3', ['episodes']],
  ['%%learn X\nepisodes: 3\nst|', ['steps: ', 'start: ']],
  ['%%learn X\nracing: {seeds: 3}\nst|', ['steps: ', 'start: ']],
  ['%%learn X\nauthor: s|', ['search']],
  ['%%learn X\nauthor: {kind: op|', ['openai']],
  ['%%learn X\nauthor: {kind: openai, bas|}', ['base_url: ']],
  ['%%learn X\nauthor:\n  kind: openai\n  tem|\nseed: 3', ['temperature: ']],
  ['%%learn X\nauthor: {kind: mcp, |}', ['deadline: ']],
  ['%%learn X\nauthor: [search, {kind: replay, |}]', ['run: ', 'strict: ']],
  ['%%learn X\nracing: {seeds: 3, |', ['most: ']],
  ['%%learn X\nracing: {\n  seeds: 3,\n  |', ['most: ']],
  ['%%learn X\npolicy:\n  imports:\n    - numpy\n  st|', ['step: ']],
  ['%%learn X\npolicy:\n  imports: [a, |', []],
  ['%%learn X\ntune: t|', ['true']],
  ['%%learn X\nstart: |', ['first', 'byhand']],
  ['%%learn X\nsimplify: |', ['true', 'false']],
  ['%%learn X\nsimplify: {o|', ['on: ']],
  ['%%learn X\nsimplify: {on: [w|', ['windy']],
  ['%%environment w\nid: "Car|', ['CartPole-v1']],
  ['%%environment w\nid: a\nobs|', ['observe: ', 'observation: ']],
  ['%%learn X\nseed: !py |', []],
  ['%%learn X\nseed: 3 # ep|', []],
  ['%diff f|', ['first']],
  ['%diff first@|', ['first@best', 'first@champion', 'first@1', 'first@2', 'first@21']],
  ['%diff first@2| first', ['first@2', 'first@21']],
  ['%diff byhand@|', []],
  ['%%learn X\nstart: first@b|', ['first@best']],
  ['%replay first s|', ['seed=']],
  ['%runs\n%export |', ['first', 'byhand']],
  ['%stop |', ['first', 'bench']],
  ['print(|', undefined],
  ['%%policy p\nx|', undefined],
  ['%runs\nx = 1|', undefined],
])('completes %j', (text, expected) => {
  expect(matches(text)).toEqual(expected);
});

test('a match replaces what was typed, with offsets in code units', () => {
  expect(complete('%%learn 🎈\nkwargs: {"🎈": 1}\nep', 31, facts)).toMatchObject({ start: 29, end: 31 });
});

test('keys are completed with their descriptions', () => {
  expect(complete('%%learn X\nsee', 13, facts)?.matches[0]?.about).toContain('Everything random');
});

test.each([
  ['%%le|arn X', '%%learn ENV [as RUN]'],
  ['%%learn win|dy', 'windy: an environment declared in this notebook'],
  ['%%learn X\nepi|sodes: 3', 'episodes: a positive whole number'],
  ['%%learn X\nepisodes: 3|0', 'episodes: a positive whole number'],
  ['%%learn X\npolicy: {st|ep: 3}', 'policy.step: a duration'],
  ['%%learn X\nobservation: [x, |y]', 'observation: a list'],
  ['%%learn X\nwork|ers: 2', 'Comes in a later version'],
  ['%%learn X\nrewa|rd: true', "the last step's reward"],
  ['%%learn X\nbackgr|ound: true', '%wait NAME waits'],
  ['%dif|f a b', '%diff OLD [NEW]'],
])('inspects %j', (text, expected) => {
  expect(inspect(...cursor(text), facts)).toMatchObject({ found: true });
  expect(JSON.stringify(inspect(...cursor(text), facts))).toContain(expected);
});

test('a key that several kinds of author have is described as that of the kind which is written', () => {
  const describe = (kind: string) =>
    inspect(...cursor(`%%learn X\nauthor: {kind: ${kind}, dead|line: 5m}`), facts);
  expect(describe('openai')).toMatchObject({
    text: expect.stringContaining('Longest time of one call') as string,
  });
  const text = expect.stringMatching(/at most 7d[^]*the agent's next use of a tool/) as string;
  expect(describe('mcp')).toMatchObject({ text });
});

test('inspection returns nothing for an unknown word', () => {
  expect(inspect(...cursor('%%learn X\nzz|: 1'), facts)).toEqual({ found: false });
  expect(inspect('x = 1', 1, facts)).toBeUndefined();
  expect(inspect('%%policy p\nx', 12, facts)).toBeUndefined();
});

test.each([
  ['x = 1', undefined],
  ['%runs', { status: 'complete' }],
  ['%%learn', { status: 'invalid' }],
  ['%%learn X', { status: 'incomplete', indent: '' }],
  ['%%learn X\na: 1', { status: 'incomplete', indent: '' }],
  ['%%learn X\nracing:', { status: 'incomplete', indent: '  ' }],
  ['%%learn X\nracing:\n  seeds: 1', { status: 'incomplete', indent: '  ' }],
  ['%%learn X\na: 1\n', { status: 'complete' }],
  ['%%policy p\ndef act(o):', { status: 'incomplete', indent: '    ' }],
])('isComplete(%j)', (code, expected) => {
  expect(isComplete(code)).toEqual(expected);
});
