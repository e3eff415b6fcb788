import {
  draftDeclaration,
  completeDeclaration,
  formatDiagnostics,
  parseCell,
  type Declaration,
  type DraftedDeclaration,
  type Diagnostic,
} from '../../../packages/language/src';

function drafted(code: string): ReturnType<typeof draftDeclaration> {
  const cell = parseCell(code);
  if (cell?.kind !== 'learn' && cell?.kind !== 'environment' && cell?.kind !== 'compare')
    throw new Error(`not a YAML cell: ${code}`);
  return draftDeclaration(cell);
}

function good(code: string): DraftedDeclaration {
  const result = drafted(code);
  if (!result.ok) throw new Error(formatDiagnostics(code, result.diagnostics));
  return result.value;
}

function declared(code: string): Declaration {
  const result = completeDeclaration(good(code), []);
  if (!result.ok) throw new Error(formatDiagnostics(code, result.diagnostics));
  return result.value;
}

function diagnostics(code: string): readonly Diagnostic[] {
  const result = drafted(code);
  return result.ok ? [] : result.diagnostics;
}

test.each(['constructor', 'toString', 'hasOwnProperty', 'valueOf'])(
  '%s is an unknown key as any other',
  (key) => {
    for (const code of [
      `%%learn X\n${key}: 1`,
      `%%environment x\nid: X\n${key}: 1`,
      `%%compare\n${key}: 1`,
    ]) {
      const [first] = diagnostics(code).filter(({ found }) => found === key);
      expect(first).toMatchObject({ code: 'unknown_key', found: key });
      expect(first?.message).toMatch(new RegExp(`^unknown key '${key}'`));
    }
    expect(diagnostics(`%%learn X\nauthor: {kind: search, ${key}: 1}`)).toMatchObject([
      { code: 'unknown_key', found: key },
    ]);
    expect(declared(`%%learn X\nkwargs: {${key}: 1}`)).toMatchObject({ overrides: { kwargs: { [key]: 1 } } });
  },
);

test('a key that would set the prototype is refused, quoted or not', () => {
  for (const written of ['__proto__', '"__proto__"'])
    for (const body of [`${written}: 1`, `kwargs: {${written}: {a: 1}}`])
      expect(diagnostics(`%%learn X\n${body}`)).toMatchObject([
        { code: 'not_supported', message: "the key '__proto__' is not taken here", found: '__proto__' },
      ]);
});

describe('declarations', () => {
  test('a cell without a body has the default of every key', () => {
    expect(declared('%%learn CartPole-v1')).toEqual({
      kind: 'learn',
      run: 'cartpole',
      environment: 'CartPole-v1',
      overrides: {},
      author: { kind: 'search' },
      budget: {
        episodes: 3000,
        steps: null,
        cpuSeconds: null,
        wallSeconds: null,
        calls: null,
        tokens: null,
        money: null,
      },
      seed: 0,
      racing: {},
      acceptance: {},
      errorRate: 'per_comparison',
      simplify: true,
      tune: true,
      policy: {},
      start: null,
      repeat: 1,
      background: false,
      again: false,
      text: '',
    });
  });

  test.each([
    ['author: openai', 'OPENAI_API_KEY'],
    ['author: {kind: openai, model: m, base_url: "http://127.0.0.1:8000/v1"}', null],
    ['author: {kind: openai, model: m, base_url: "http://127.0.0.1:8000/v1", key: MINE}', 'MINE'],
  ])('a key is not sent to a server that a cell names without naming the key: %s', (author, keyVariable) => {
    expect(declared(`%%learn X\n${author}`)).toMatchObject({ author: { keyVariable } });
  });

  test('every key is read into the field that the engine has for it', () => {
    const code = `%%learn windy as second
kwargs: {gravity: -9.8, deep: {a: [1, null, true, x]}}
observe: [0, 2]
observation: [x, vx]
max_episode_steps: 500
returns: [-600, 350.5]
author:
  kind: openai
  model: small
  base_url: http://127.0.0.1:8000/v1
  key: MY_KEY
  temperature: 0.5
  max_tokens: 2000
  max_prompt_tokens: 8000
  price: {input: 1.25, output: 10}
  instructions: Keep it short.
  memory: none
episodes: 100
steps: 1e6
cpu: 90s
wall: 1.5h
calls: 10
tokens: 50000
money: 0.5
seed: 7
golden: [3, {seed: 17, at_least: 200}, {seed: 17, options: {wind: 5, deep: [1]}}]
racing: {seeds: 2, most: 8}
acceptance: {confidence: 0.9, min_effect: 3, budget_share: 0.5}
error_rate: per_run
simplify: false
tune: false
policy: {step: 500ms, memory: 1GB, import: 2s, imports: [scipy.signal]}
start: first~1@7
repeat: 5
background: true
again: true
`;
    expect(declared(code)).toMatchObject({
      run: 'second',
      environment: 'windy',
      overrides: {
        kwargs: { gravity: -9.8, deep: { a: [1, null, true, 'x'] } },
        observe: [0, 2],
        observation: ['x', 'vx'],
        maxEpisodeSteps: 500,
        returns: [-600, 350.5],
      },
      author: {
        kind: 'openai',
        model: 'small',
        baseUrl: 'http://127.0.0.1:8000/v1',
        keyVariable: 'MY_KEY',
        temperature: 0.5,
        maxTokens: 2000,
        maxPromptTokens: 8000,
        price: { input: 1.25, output: 10 },
        instructions: 'Keep it short.',
        memory: 'none',
      },
      budget: {
        episodes: 100,
        steps: 1e6,
        cpuSeconds: 90,
        wallSeconds: 5400,
        calls: 10,
        tokens: 50000,
        money: 0.5,
      },
      seed: 7,
      golden: [{ seed: 3 }, { seed: 17, atLeast: 200 }, { seed: 17, options: { wind: 5, deep: [1] } }],
      racing: { seeds: 2, most: 8 },
      acceptance: { confidence: 0.9, minEffect: 3, budgetShare: 0.5 },
      errorRate: 'per_run',
      simplify: false,
      tune: false,
      policy: { stepMs: 500, importMs: 2000, memoryMb: 1024, imports: ['scipy.signal'] },
      start: { kind: 'candidate', run: 'first~1', candidate: 7 },
      repeat: 5,
      background: true,
      again: true,
    });
  });

  test('the simplifier may be given further environments, a few and at least one', () => {
    expect(declared('%%learn X\nsimplify: {on: [windy, X]}')).toMatchObject({
      simplify: { on: ['windy', 'X'] },
    });
    expect(diagnostics('%%learn X\nsimplify: {on: []}')).toMatchObject([{ code: 'wrong_value' }]);
    expect(diagnostics('%%learn X\nsimplify: windy')).toMatchObject([
      { code: 'wrong_value', message: expect.stringContaining('{on: [ENV, …]}') as unknown },
    ]);
    expect(diagnostics('%%learn X\nsimplify: {at: [windy]}')).toContainEqual(
      expect.objectContaining({ code: 'unknown_key', message: "unknown key 'simplify.at'" }),
    );
  });

  test('a budget of any kind replaces the default budget', () => {
    expect(declared('%%learn X\nwall: 60')).toMatchObject({ budget: { episodes: null, wallSeconds: 60 } });
  });

  test("only author: openai has a model and the name of a key's variable", () => {
    expect(declared('%%learn X\nauthor: openai')).toMatchObject({
      author: { kind: 'openai', baseUrl: null, keyVariable: 'OPENAI_API_KEY', price: null },
    });
  });

  test('how a model is called may be declared in more detail', () => {
    const keys = 'samples: 3, repair_model: small, reasoning: low, body: {top_p: 0.9}, deadline: 90s';
    const price = { input: 1, output: 2 };
    const cell = `%%learn X\nauthor: {kind: openai, price: {input: 1, output: 2}, ${keys}}`;
    expect(declared(cell)).toMatchObject({
      author: { samples: 3, repair: { model: 'small', price }, reasoning: 'low', deadlineMs: 90_000 },
    });
    expect(declared(cell)).toMatchObject({ author: { body: { top_p: 0.9 } } });
  });

  test('several authors are a list, or a mapping with weights and how the next one is chosen', () => {
    const declare = (author: string) => declared(`%%learn X\nauthor: ${author}\nepisodes: 9`);
    const search = { author: { kind: 'search' }, weight: 1 };
    expect(declare('[search, openai, openai]')).toMatchObject({
      author: {
        kind: 'several',
        choose: 'turns',
        of: [
          { ...search, name: 'search' },
          { name: 'openai gpt-5-mini', weight: 1 },
          { name: 'openai gpt-5-mini (2)' },
        ],
      },
    });
    expect(declare('[search]')).toMatchObject({ author: search.author });
    expect(
      declare('{kind: several, choose: bandit, of: [{author: search}, {author: openai, weight: 2}]}'),
    ).toMatchObject({
      author: { choose: 'bandit', of: [search, { author: { kind: 'openai' }, weight: 2 }] },
    });
  });

  test('a replay names a run or the path of its folder, and the limits of model calls hold for it', () => {
    for (const run of ['first', 'first~1', 'first/2', './kept/first', '../kept/first', '/kept/first'])
      expect(declared(`%%learn X as again\nauthor: {kind: replay, run: ${run}}\nmoney: 1`)).toMatchObject({
        author: { kind: 'replay', run, strict: false },
      });
  });

  test('every key of %%environment is read', () => {
    expect(declared('%%environment windy\nid: LunarLander-v3\nkwargs: {enable_wind: true}\n')).toEqual({
      kind: 'environment',
      name: 'windy',
      id: 'LunarLander-v3',
      kwargs: { enable_wind: true },
      text: 'id: LunarLander-v3\nkwargs: { enable_wind: true }\n',
    });
  });
});

describe('diagnostics', () => {
  test.each<[string, string, Record<string, unknown>]>([
    [
      'an unknown key',
      'episods: 3',
      { code: 'unknown_key', found: 'episods', nearest: 'episodes', line: 2, column: 1, endColumn: 8 },
    ],
    [
      'an unknown nested key',
      'racing:\n  seed: 3',
      {
        code: 'unknown_key',
        message: "unknown key 'racing.seed'; did you mean 'seeds'?",
        line: 3,
        column: 3,
      },
    ],
    [
      'a wrong type',
      'episodes: many',
      {
        code: 'wrong_value',
        message: "episodes: expected a positive whole number, found 'many'",
        found: "'many'",
        allowed: ['a positive whole number'],
        line: 2,
        column: 11,
      },
    ],
    ['a fraction', 'seed: 1.5', { message: 'seed: expected a whole number from 0, found 1.5' }],
    [
      'a number beyond exactness',
      'seed: 9007199254740993',
      {
        message: 'seed: expected a whole number from 0 up to 9,007,199,254,740,991, found 9007199254740993',
      },
    ],
    [
      'a number far beyond it',
      'episodes: 1e300',
      { message: 'episodes: expected a positive whole number up to 9,007,199,254,740,991, found 1e300' },
    ],
    [
      'steps beyond it',
      'max_episode_steps: 1e18',
      { message: expect.stringMatching(/whole number up to 9,007,199,254,740,991, found 1e18$/) },
    ],
    [
      'more than a limit of its own',
      'repeat: 1000000',
      { message: 'repeat: expected a positive whole number up to 1,000, found 1000000' },
    ],
    [
      'a unit that is too small',
      'policy: {memory: 1KB}',
      {
        message: expect.stringContaining(
          "a size of more than 0 in MB or GB, such as 512MB or 1GB, found '1KB'",
        ),
      },
    ],
    [
      "one of YAML's own tags",
      'episodes: !!int 40',
      {
        code: 'not_supported',
        message: "the tag '!!int' is not taken here",
        line: 2,
        column: 11,
        endColumn: 16,
      },
    ],
    [
      'a value left out',
      'episodes:',
      { message: 'episodes: expected a positive whole number, found nothing' },
    ],
    ['yes for true', 'tune: yes', { message: "tune: expected true or false, found 'yes'" }],
    ['a wrong word', 'author: serch', { nearest: 'search' }],
    [
      'a kind that needs a mapping, alone',
      'author: command',
      {
        message:
          "author: expected search, openai, mailbox, mcp, human, or a mapping with kind: (one of these, command, replay, several) and its settings, or a list of such authors, found 'command'",
      },
    ],
    [
      'a key of another kind',
      'author: {kind: command, run: ./write, modell: x}',
      {
        code: 'unknown_key',
        allowed: ['deadline', 'instructions', 'kind', 'max_prompt_tokens', 'pass', 'run'],
        nearest: null,
      },
    ],
    [
      'a key of another kind in a list',
      'author: [search, {kind: mcp, price: {input: 1, output: 2}}]',
      { code: 'unknown_key', allowed: ['deadline', 'kind'] },
    ],
    [
      'money for answers that have no price',
      'author: mailbox\nmoney: 1',
      { code: 'conflict', message: expect.not.stringContaining('price:') as string },
    ],
    ['a wrong kind', 'author: {kind: opnai}', { nearest: 'openai', column: 16 }],
    [
      'a missing key',
      'author: {model: x}',
      { code: 'missing', message: expect.stringContaining('author.kind') },
    ],
    ['a duration', 'wall: 5 minutes', { found: "'5 minutes'" }],
    ['no time at all', 'wall: 0s', { message: expect.stringContaining('a duration of more than 0') }],
    [
      'bounds upside down',
      'returns: [3, 1]',
      { message: 'returns: expected two numbers [lowest, highest], the lowest first, found [3, 1]' },
    ],
    ['an infinite bound', 'returns: [-.inf, 1]', { code: 'wrong_value' }],
    ['a keyword as name', 'observation: [x, lambda]', { column: 18, found: "'lambda'" }],
    ['names twice', 'observation: [x, x]', { code: 'wrong_value' }],
    ['names and indices', 'observe: [1]\nobservation: [x, y]', { code: 'conflict', line: 3 }],
    ['too few names for a race', 'racing: {seeds: 4, most: 3}', { code: 'wrong_value' }],
    [
      'a golden seed twice',
      'golden: [3, 17, {seed: 17, at_least: 200}]',
      { code: 'conflict', message: 'golden: seed 17 stands twice; keep one', line: 2 },
    ],
    [
      'a golden situation twice',
      'golden: [{seed: 3, options: {a: 1, b: 2}}, {seed: 3, options: {b: 2, a: 1}}]',
      { code: 'conflict', message: 'golden: seed 3 stands twice; keep one' },
    ],
    ['golden options that are none', 'golden: [{seed: 3, options: {}}]', { code: 'wrong_value', column: 29 }],
    [
      'a negative golden seed',
      'golden: [3, -17]',
      {
        message:
          'golden[1]: expected a seed, which is a whole number from 0, or a mapping {seed, options, at_least}, found -17',
        column: 13,
      },
    ],
    ['a golden seed as text', 'golden: ["3"]', { code: 'wrong_value', found: "'3'", column: 10 }],
    ['one golden seed without a list', 'golden: 3', { code: 'wrong_value', column: 9 }],
    ['no golden seed', 'golden: []', { code: 'wrong_value' }],
    [
      'a bar without its seed',
      'golden: [{at_least: 200}]',
      { code: 'missing', message: "'golden[0].seed' is missing: expected a whole number from 0" },
    ],
    [
      'a misspelt bar',
      'golden: [{seed: 3, atleast: 200}]',
      { code: 'unknown_key', nearest: 'at_least', message: expect.stringContaining('golden[0].atleast') },
    ],
    ['a bar that is no number', 'golden: [{seed: 3, at_least: high}]', { code: 'wrong_value', column: 30 }],
    ['a reference', 'start: first@x', { code: 'wrong_value', found: "'first@x'" }],
    [
      'money where no price is known',
      'author: {kind: openai, model: gpt-99}\nmoney: 1',
      {
        code: 'conflict',
        line: 3,
        message: expect.stringContaining('write `price: {input: …, output: …}`') as string,
      },
    ],
    [
      'money on a server whose prices are not known',
      'author: {kind: openai, model: gpt-5-mini, base_url: "http://127.0.0.1:8000/v1"}\nmoney: 1',
      { code: 'conflict', line: 3 },
    ],
    ['a run without end', 'calls: 3', { code: 'conflict' }],
    ['an own server without model', 'author: {kind: openai, base_url: "http://x/v1"}', { code: 'conflict' }],
    [
      'money without the price of one of several',
      'author: [search, {kind: openai, model: of-mine}]\nmoney: 1',
      { code: 'conflict' },
    ],
    [
      'two agents in one run',
      'author: [mcp, {kind: mcp, deadline: 5m}]',
      { code: 'conflict', line: 2, message: expect.stringContaining('name mcp once') as string },
    ],
    ['one author of several', 'author: {kind: several, of: [{author: search}]}', { code: 'wrong_value' }],
    ['a run that is no name', 'author: {kind: replay, run: first@2}', { code: 'wrong_value', column: 29 }],
    [
      'samples of a model with tools',
      'author: {kind: openai, mode: agent, samples: 2}',
      { code: 'conflict', message: expect.stringContaining('leave samples out') },
    ],
    [
      'a field that another key decides',
      'author: {kind: openai, body: {messages: []}}',
      { code: 'wrong_value', column: 30 },
    ],
    [
      'a secret in an address',
      'author: {kind: openai, model: m, base_url: "http://a:b@x/"}',
      { code: 'literal_key', column: 44 },
    ],
    ['a key twice', 'seed: 1\nseed: 2', { code: 'duplicate_key', found: 'seed', line: 3 }],
    ['a tab', '\tseed: 1', { code: 'tab', line: 2, column: 1 }],
    ['a colon forgotten', 'seed 1', { message: expect.stringContaining("each line reads 'key: value'") }],
    ['a colon forgotten later', 'seed: 1\nepisodes 3', { code: 'bad_yaml', line: 3 }],
    [
      'a key indented less than the first',
      '  episodes: 3\n seed: 2',
      {
        code: 'bad_yaml',
        found: 'seed',
        line: 3,
        column: 2,
        message: expect.stringContaining('same column'),
      },
    ],
    ['a key indented more', 'seed: 2\n  episodes: 3', { code: 'bad_yaml', line: 3, found: 'episodes' }],
    ['a space forgotten', 'seed:1', { message: expect.stringContaining("a space belongs after the ':'") }],
    ['a list', '- a', { message: 'expected keys and values, found [a]' }],
    ['a bracket open', 'observe: [1, 2', { code: 'bad_yaml', line: 2 }],
    ['a quote open', 'start: "a', { code: 'bad_yaml' }],
    ['two documents', 'seed: 1\n---\nseed: 2', { code: 'not_supported', line: 3 }],
    ['an anchor', 'kwargs: &a {x: 1}', { code: 'not_supported' }],
    ['an alias', 'kwargs: &a {x: 1}\nobserve: *a', { code: 'not_supported' }],
    ['a merge', '<<: {x: 1}', { code: 'not_supported', found: '<<' }],
    ['another tag', 'seed: !pi 3', { code: 'not_supported', nearest: '!py' }],
    ['what comes later', 'workers: 2', { code: 'not_available', found: 'workers' }],
    ['info of no name', 'info: [the lives]', { code: 'wrong_value' }],
    ['info twice', 'info: [lives, lives]', { code: 'wrong_value' }],
    ['info as another argument', 'info: [reward]', { code: 'wrong_value' }],
    ['a reward of words', 'reward: often', { code: 'wrong_value' }],
    ['deep nesting', `kwargs: ${'['.repeat(4000)}`, { code: 'bad_yaml', message: 'nested too deeply' }],
    ['id in place', 'id: X', { code: 'unknown_key' }],
    ['__proto__', 'kwargs: {__proto__: 1}', { code: 'not_supported' }],
  ])('%s', (_, body, expected) => {
    expect(diagnostics(`%%learn X\n${body}`)[0]).toMatchObject(expected);
  });

  test.each([
    ['start: "a', 'the quote " is not closed'],
    ["start: 'a", "the quote ' is not closed"],
    ['observe: [1, 2', 'the [ is not closed, or a line inside it is not indented further than its key'],
    ['kwargs: {b: 1', 'the { is not closed, or a line inside it is not indented further than its key'],
    [
      'start: "\\q"',
      'a backslash in double quotes begins an escape, and this is none; write single quotes, or two backslashes',
    ],
    ['observe: [1]]', 'a bracket is closed here that was not opened'],
    ['kwargs: }', 'a bracket is closed here that was not opened'],
    ['start: "b" c', 'the value before this has ended already; put the whole value in quotes'],
    ['observe: - 1', 'the first item of a list stands on a line of its own'],
    ['kwargs: {b: 1, , c: 2}', 'nothing stands between two commas, or before the first'],
    ['kwargs: {- 1}', "inside [] and {} items have commas between them, and neither '- ' nor a second ': '"],
    ['start: |x\n  y', 'nothing stands after | or > in its line; the text begins in the next one'],
    ['start: |\n\tx', 'the lines of a text after | or > are indented further than its key, with spaces'],
    ['seed: 1\nepisodes', "expected ':' and a value after the key"],
    ['start: `x`', 'a value that starts with this character goes into quotes'],
    [`${'x'.repeat(1100)}: 1`, 'a key has at most 1,024 characters'],
    [
      'seed: !!int !!str 4',
      'tags other than !py are not taken here, and !py stands right before its expression',
    ],
    ['seed: &x &y 1', 'anchors and aliases are not taken here; write the value out'],
  ])('%j is said in the words of the cell language', (body, message) => {
    expect(diagnostics(`%%learn X\n${body}`)[0]?.message).toBe(message);
  });

  test('several diagnostics are reported at once, in order and without repetition', () => {
    const found = diagnostics(
      '%%learn X\nepisods: 3\nseed: -1\nracing: {mos: 3}\nauthor: search\nauthor: openai\n<<: {}',
    );
    expect(found.map(({ code, line }) => [line, code])).toEqual([
      [2, 'unknown_key'],
      [3, 'wrong_value'],
      [4, 'unknown_key'],
      [6, 'duplicate_key'],
      [7, 'not_supported'],
    ]);
  });

  test.each([
    ['observation: [x, ﬁ, fi, a]', 'observation: ﬁ and fi are one name to Python'],
    ['info: [ª, a]', 'info: ª and a are one name to Python'],
  ])('names that Python takes for one are refused: %s', (line, message) => {
    expect(diagnostics(`%%learn X\n${line}`)).toMatchObject([{ code: 'conflict', line: 2, message }]);
  });

  test('names that differ for Python are taken, and equal ones are refused as before', () => {
    expect(diagnostics('%%learn X\nobservation: [x, X, höhe, µ]')).toEqual([]);
    expect(diagnostics('%%learn X\nobservation: [x, x]')).toMatchObject([{ code: 'wrong_value' }]);
  });

  test('a missing id points at the header', () => {
    expect(diagnostics('\n%%environment windy\nkwargs: {}')).toMatchObject([
      { code: 'missing', line: 2, column: 1, found: null },
    ]);
  });

  test('columns count code units, and carets stand under the characters that are shown', () => {
    const code = '%%learn X\nkwargs: {"🎈": 1}\n"🎈é": 1';
    expect(diagnostics(code)).toMatchObject([{ line: 3, column: 1, endColumn: 6 }]);
    const wide = '%%learn X\nkwargs: {"🎈": .inf}';
    const [diagnostic] = diagnostics(wide);
    expect(diagnostic).toMatchObject({ column: 16 });
    expect(formatDiagnostics(wide, diagnostics(wide)).split('\n')[2]).toBe(`    ${' '.repeat(15)}^^^^`);
  });

  test("carriage returns do not shift a diagnostic's place", () => {
    expect(diagnostics('%%learn X\r\nseed: 1\r\nepisods: 3\r\n')).toMatchObject([{ line: 3, column: 1 }]);
  });

  test('a pasted API key is never shown in a diagnostic, under any key of the cell', () => {
    const code =
      '%%learn X\nauthor: {kind: openai, model: m, base_url: "http://a:hidden@x", key: abc-secret-1, api_key: sk-abcdef0123456789}';
    const text = formatDiagnostics(code, diagnostics(code));
    expect(diagnostics(code)[0]).toMatchObject({ code: 'literal_key', found: null });
    expect(text).toContain('unknown key');
    expect(text).not.toContain('secret-1');
    expect(text).not.toContain('abcdef');
    expect(text).not.toContain('hidden');
  });

  test("a diagnostic's text shows the line with carets under its place", () => {
    const code = '%%learn X\nracing: {seeds: 4, mos: 3}\nepisodes: many';
    expect(formatDiagnostics(code, diagnostics(code))).toBe(
      `line 2, column 20: unknown key 'racing.mos'; did you mean 'most'?
    racing: {seeds: 4, mos: 3}
                       ^^^
allowed: most, seeds

line 3, column 11: episodes: expected a positive whole number, found 'many'
    episodes: many
              ^^^^`,
    );
  });
});

describe('!py', () => {
  const code = `%%learn X
episodes: !py N * 2  # twice
seed: !py "d['x']"
kwargs: {c: !py 'q', d: 1}
observe: [!py "i", 3]
returns: !py |
  [lo,
   hi]
tune: !py
  flag
`;

  test('plain, quoted and block scalars become expressions with their places', () => {
    expect(
      good(code).placeholders.map(({ path, expression, span }) => [
        path.join('.'),
        expression,
        span.line,
        span.column,
      ]),
    ).toEqual([
      ['episodes', 'N * 2', 2, 11],
      ['seed', "d['x']", 3, 7],
      ['kwargs.c', 'q', 4, 13],
      ['observe.0', 'i', 5, 11],
      ['returns', '[lo,\n hi]', 6, 10],
      ['tune', 'flag', 9, 7],
    ]);
  });

  test('values replace their expressions, in the declaration and in the recorded text', () => {
    const result = completeDeclaration(good(code), [300, 7, { z: [1] }, 2, [0, 1], false]);
    expect(result).toMatchObject({
      ok: true,
      value: {
        budget: { episodes: 300 },
        seed: 7,
        overrides: { kwargs: { c: { z: [1] }, d: 1 }, observe: [2, 3], returns: [0, 1] },
        tune: false,
      },
    });
    expect(result.ok && result.value.text).not.toContain('!py');
  });

  test('whole numbers that are floats of Python are known by their places', () => {
    const cell =
      '%%learn e as r\nkwargs: {a: 1.0, b: 1, c: 1e3, d: [2, 2.], e: 0x1e, f: "1.0", g: 1.5}\nreturns: [0.0, 1.0]';
    const written = completeDeclaration(good(cell), []);
    expect(written.ok && written.value).toMatchObject({
      overrides: { kwargs: { a: 1, c: 1000, e: 30 }, floats: [['a'], ['c'], ['d', 1]] },
    });
    const evaluated = completeDeclaration(
      good('%%environment e\nid: Toy-v0\nkwargs: {a: 1.0}\nobserve: [0]'.replace('1.0', '!py "x"')),
      [{ z: [1, 2] }],
      [[['z', 1]]],
    );
    expect(evaluated.ok && evaluated.value).toMatchObject({ floats: [['a', 'z', 1]] });
    expect(evaluated.ok && evaluated.value.text).toContain('[ 1, 2.0 ]');
  });

  test('a wrong value is reported at the place of its expression', () => {
    expect(completeDeclaration(good(code), ['x', 1.5, 0, -1, [1, 0], 'on'])).toMatchObject({
      ok: false,
      diagnostics: [
        { line: 2, column: 11, found: "'x'" },
        { line: 3, column: 7, found: '1.5' },
        { line: 5, column: 11 },
        { line: 6, column: 10, found: '[1, 0]' },
        { line: 9, column: 7 },
      ],
    });
  });

  test('the rest of a cell is checked before expressions are evaluated', () => {
    expect(
      diagnostics('%%learn X\nseed: !py s\nracing: {seeds: !py "a", most: -1}\nepisods: 1'),
    ).toMatchObject([
      { line: 3, column: 32, code: 'wrong_value' },
      { line: 4, code: 'unknown_key' },
    ]);
  });

  test('a conflict that depends on a value is reported when the value is known', () => {
    const draftDeclaration = good('%%learn X\nracing: {seeds: !py "a", most: 3}');
    expect(completeDeclaration(draftDeclaration, [3]).ok).toBe(true);
    expect(completeDeclaration(draftDeclaration, [4])).toMatchObject({
      ok: false,
      diagnostics: [{ line: 2 }],
    });
  });

  test.each([
    ['kwargs: {a: !py b}', 'inside {} and [] the expression is quoted: !py "…"'],
    ['kwargs: !py {a: 1}', 'write the expression in quotes: !py "…"'],
    ['seed: !py', '!py needs a Python expression after it'],
    ['!py "config"', '!py gives one value, not the whole body; keys come first'],
    ["seed: !py 'a' + b", 'the whole expression after !py goes into quotes: !py "…"'],
    ['seed: !py a if b: c', 'the whole expression after !py goes into quotes: !py "…"'],
  ])('%s: %s', (body, message) => {
    expect(diagnostics(`%%learn X\n${body}`)[0]).toMatchObject({ message, line: 2 });
  });

  test('the number of values must be the number of expressions', () => {
    expect(() => completeDeclaration(good(code), [])).toThrow(RangeError);
  });
});

describe('keys of an earlier version', () => {
  test.each([
    ['control: run', '`control: run` is now `error_rate: per_run`', 1],
    ['control: comparison', '`control: comparison` is now `error_rate: per_comparison`', 1],
    ['control: !py mode', '`control` is now `error_rate`', 1],
    ['acceptance: {gain: 3}', '`gain: 3` is now `min_effect: 3`', 14],
    ['acceptance:\n  share: 0.3', '`share: 0.3` is now `budget_share: 0.3`', 3],
  ])('%s is answered with the present key', (body, message, column) => {
    expect(diagnostics(`%%learn X\n${body}`)).toMatchObject([{ code: 'former_key', message, column }]);
  });

  test.each([
    ['%%compare\npolicies: [first]\ncontrol: run', 'control', ['episodes', 'seed']],
    ['%%environment windy\nid: X\ncontrol: run', 'control', ['id', 'returns']],
    ['%%compare\nauthors: {acceptance: {gain: 2}}', 'gain', ['acceptance', 'episodes']],
  ])('%j has no place for the present key either, so none is named', (code, found, allowed) => {
    const [diagnostic, ...others] = diagnostics(code);
    expect(others).toEqual([]);
    expect(diagnostic).toMatchObject({ code: 'unknown_key', found });
    expect(diagnostic?.allowed).toEqual(expect.arrayContaining(allowed));
    expect(diagnostic?.allowed).not.toContain(found === 'gain' ? 'min_effect' : 'error_rate');
  });

  test("an old key of a comparison's author is answered in the same way", () => {
    expect(diagnostics('%%compare\nauthors: {mine: {acceptance: {gain: 2}}}')).toMatchObject([
      { code: 'former_key', message: '`gain: 2` is now `min_effect: 2`', line: 2 },
    ]);
  });
});
