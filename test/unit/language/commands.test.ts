import { listExpansions, formatDiagnostics, parseCell, readCommands } from '../../../packages/language/src';

function cell(code: string): Extract<ReturnType<typeof parseCell>, { kind: 'commands' }> {
  const parsed = parseCell(code);
  if (parsed?.kind !== 'commands') throw new Error(`no commands: ${code}`);
  return parsed;
}

test('references, keys, quotes and comments are read', () => {
  const code =
    '%diff first@1 first\n# then\n%replay first seed=1003  # the hard one\n%export first~1 "my best.py"';
  expect(readCommands(cell(code), [])).toEqual({
    ok: true,
    value: [
      {
        name: 'diff',
        line: 1,
        text: '%diff first@1 first',
        arguments: {
          old: {
            kind: 'reference',
            reference: { kind: 'candidate', run: 'first', candidate: 1 },
            text: 'first@1',
          },
          new: { kind: 'reference', reference: { kind: 'name', name: 'first' }, text: 'first' },
        },
      },
      {
        name: 'replay',
        line: 3,
        text: '%replay first seed=1003',
        arguments: {
          policy: { kind: 'reference', reference: { kind: 'name', name: 'first' }, text: 'first' },
          seed: { kind: 'seed', number: 1003 },
        },
      },
      {
        name: 'export',
        line: 4,
        text: '%export first~1 "my best.py"',
        arguments: {
          policy: {
            kind: 'reference',
            reference: { kind: 'candidate', run: 'first~1', candidate: 'best' },
            text: 'first~1',
          },
          path: { kind: 'path', text: 'my best.py' },
        },
      },
    ],
  });
});

test('expansions are listed, and an expanded value stays one word', () => {
  const parsed = cell('%export {run}@{d["n"]} {folder}/x.py\n%replay a seed={s + {1: 2}[1]}');
  expect(listExpansions(parsed).map(({ expression }) => expression)).toEqual([
    'run',
    'd["n"]',
    'folder',
    's + {1: 2}[1]',
  ]);
  expect(readCommands(parsed, ['first', 7, 'a b', 3])).toMatchObject({
    ok: true,
    value: [
      { text: '%export first@7 "a b/x.py"', arguments: { path: { text: 'a b/x.py' } } },
      { arguments: { seed: { number: 3 } } },
    ],
  });
  expect(readCommands(parsed, [['list'], 7, 'a', 3])).toMatchObject({ ok: false });
  expect(() => readCommands(parsed, [])).toThrow(RangeError);
});

test('doubled braces stand for literal ones', () => {
  expect(readCommands(cell('%export a x{{1}}.py'), [])).toMatchObject({
    value: [{ arguments: { path: { text: 'x{1}.py' } } }],
  });
});

test.each([
  ['%diff', '%diff OLD [NEW]: OLD is missing'],
  ['%runs x', "%runs: did not expect 'x'"],
  ['%replay a sed=3', "%replay POLICY [seed=N]: unknown argument sed=; did you mean 'seed'?"],
  ['%replay a seed=1 seed=2', '%replay POLICY [seed=N]: seed= is given twice'],
  ['%replay a seed=-1', "%replay POLICY [seed=N]: seed: expected a whole number from 0, found '-1'"],
  ['%export a x.txt', "%export POLICY [PATH]: path: expected a path ending in .py, found 'x.txt'"],
  [
    '%export a ../out dir/x.py',
    "%export POLICY [PATH]: path: expected a path ending in .py, found '../out'; a path with blanks goes into quotes",
  ],
  ['%stop a@1', "%stop RUN: run: expected a run's name such as first, first~1 or first/2, found 'a@1'"],
  [
    '%wait a most=soon',
    "%wait RUN [most=DURATION]: most: expected a duration such as 90s or 5m, found 'soon'",
  ],
  ['%replay a constructor=1', '%replay POLICY [seed=N]: unknown argument constructor='],
])('%s: %s', (code, message) => {
  expect(readCommands(cell(code), [])).toMatchObject({ ok: false, diagnostics: [{ message, line: 1 }] });
});

test.each([
  ['%diff "a', 'bad_argument'],
  ['%diff {a', 'bad_expression'],
  ['%diff {}', 'bad_expression'],
])('%s cannot be read', (code, diagnostic) => {
  expect(parseCell(code)).toMatchObject({ kind: 'invalid', diagnostics: [{ code: diagnostic, column: 7 }] });
});

test('diagnostics of several lines are reported together', () => {
  const code = '%runs\n%diff\n%stop';
  const result = readCommands(cell(code), []);
  expect(result.ok ? '' : formatDiagnostics(code, result.diagnostics)).toBe(
    'line 2, column 1: %diff OLD [NEW]: OLD is missing\n    %diff\n    ^^^^^\n\n' +
      'line 3, column 1: %stop RUN: RUN is missing\n    %stop\n    ^^^^^',
  );
});

test('the words of a note are the rest of its line as it is, but for expansions', () => {
  const parsed = cell("%note first   don't spin; gain=3 # is {best} {{braces}} \n%note first");
  expect(listExpansions(parsed).map(({ expression }) => expression)).toEqual(['best']);
  expect(
    readCommands(cell("%note first don't spin; gain=3 # is {best} {{braces}} "), ['too much']),
  ).toMatchObject({
    value: [
      {
        name: 'note',
        arguments: {
          run: { text: 'first' },
          words: { kind: 'words', text: "don't spin; gain=3 # is too much {braces}" },
        },
      },
    ],
  });
  const missing = readCommands(parsed, ['x']);
  expect(missing.ok ? [] : missing.diagnostics.map(({ message }) => message)).toEqual([
    '%note RUN WORDS: WORDS is missing',
  ]);
});
