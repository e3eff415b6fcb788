/** Text that is being typed is mostly broken: nothing may throw, and every place must lie in the cell. */
import {
  complete,
  draftDeclaration,
  listExpansions,
  completeDeclaration,
  formatDiagnostics,
  inspect,
  isComplete,
  parseCell,
  readCommands,
  type Diagnostic,
} from '../../../packages/language/src';

const cells = [
  `%%learn LunarLander-v3 as first
observation: [x, y, "vx", vy]  # names
author: {kind: openai, model: "m", price: {input: 1, output: 2}}
episodes: !py N * 2
racing:
  seeds: 4
  most: !py |
    M + 1
policy: {step: 500ms, imports: [scipy, 'numpy']}
start: first~1@7
`,
  `%%environment windy 🎈
id: LunarLander-v3
kwargs: {enable_wind: true, "🎈": [1, {a: !py "b"}]}
returns: [-600, 350]
`,
  '%diff first@1 {name}@best\n%replay first seed={s + {1: 2}[1]}  # c\n%export "a b" x.py\n',
  '%%policy mine for windy\ndef act(o):\n    return 0\n',
];
const noise = [
  '\n',
  '\t',
  ' ',
  ':',
  '{',
  '}',
  '[',
  ']',
  '"',
  "'",
  '!py ',
  '- ',
  '&a ',
  '*a',
  '🎈',
  '%',
  '|',
  '\r',
  '#',
  '@',
];
const facts = {
  environmentIds: ['CartPole-v1'],
  environments: ['windy'],
  runs: ['first'],
  candidates: () => [],
  comparisons: [],
  policies: [],
};

/** A small linear generator: the same texts on every machine. */
function* numbers(seed: number): Generator<number, never> {
  for (let state = seed; ;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state / 2 ** 32;
  }
}

function mutated(text: string, random: Iterator<number, never>): string {
  const pick = (below: number): number => Math.floor(random.next().value * below);
  let result = text;
  for (let edits = 1 + pick(4); edits > 0; edits--) {
    const at = pick(result.length + 1);
    const cut = pick(3) === 0 ? pick(12) : 0;
    result = result.slice(0, at) + (noise[pick(noise.length)] ?? '') + result.slice(at + cut);
  }
  return result;
}

function problemsOf(code: string): readonly Diagnostic[] {
  const cell = parseCell(code);
  if (cell === undefined) return [];
  if ('diagnostics' in cell) return cell.diagnostics;
  if (cell.kind === 'commands') {
    const result = readCommands(
      cell,
      listExpansions(cell).map(() => 'x'),
    );
    return result.ok ? [] : result.diagnostics;
  }
  if (cell.kind !== 'learn' && cell.kind !== 'environment') return [];
  const drafted = draftDeclaration(cell);
  if (!drafted.ok) return drafted.diagnostics;
  const filled = completeDeclaration(
    drafted.value,
    drafted.value.placeholders.map(() => 3),
  );
  return filled.ok ? [] : filled.diagnostics;
}

test.each(cells.map((cell, index) => [index, cell] as const))(
  'cell %i, damaged 1500 times',
  (index, cell) => {
    const random = numbers(index + 1);
    for (let round = 0; round < 1500; round++) {
      const code = mutated(cell, random);
      const lines = code.split('\n');
      const diagnostics = problemsOf(code);
      for (const { line, column, endColumn, message } of diagnostics) {
        const text = lines[line - 1];
        if (text === undefined || column < 1 || column > text.length + 1 || endColumn <= column || !message)
          throw new Error(
            `a diagnostic outside the cell: ${JSON.stringify({ code, line, column, endColumn })}`,
          );
      }
      formatDiagnostics(code, diagnostics);
      isComplete(code);
      const cursor = Math.floor(random.next().value * (code.length + 1));
      inspect(code, cursor, facts);
      const completion = complete(code, cursor, facts);
      if (
        completion &&
        (completion.start < 0 || completion.start > completion.end || completion.end !== cursor)
      )
        throw new Error(`a completion outside the cell: ${JSON.stringify({ code, cursor, completion })}`);
    }
  },
);
