/** How a replay says in which lines a prompt differs from the recorded one. */
import { listChangedLines } from '../../../packages/authors/src/changed-lines';

const list = (before: string, after: string) => listChangedLines({ user: before }, { user: after });

test('a long line is shown from shortly before the first character that differs', () => {
  const same = 'the observation has '.repeat(50);
  const lines = list(`${same}3 coordinates${same}`, `${same}4 coordinates${same}`);
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatch(/^- …(?:.{70,90}) has 3 coordinates.* \(\d+ more characters\)$/);
  expect(lines[1]).toMatch(/^\+ …(?:.{70,90}) has 4 coordinates/);
  expect(lines.every((line) => line.length < 200)).toBe(true);
});

test('of two lines the one that is longer shows what it has more', () => {
  const same = 'x'.repeat(500);
  expect(list(same, `${same} and more`)[1]).toMatch(/^\+ …x{80} and more$/);
});

test('short lines are shown whole', () => {
  expect(list('first\nsecond', 'first\nother')).toEqual(['- second', '+ other']);
});

test('a difference in characters that do not show is written by their numbers', () => {
  expect(list('a  b', 'a b')).toEqual(['- "user: a  b"', '+ "user: a b"']);
  expect(list('first\ntab\there', 'first\ntab here')).toEqual(['- "tab\\there"', '+ "tab here"']);
  expect(list('first\nno\u200bjoin', 'first\nnojoin')).toEqual(['- "no\\u200bjoin"', '+ "nojoin"']);
  const same = 'x'.repeat(500);
  expect(list(`${same}\u00a0y`, `${same} y`)[0]).toMatch(/^- "\\u2026x+\\u00a0y"$/);
});

test('other tools, and another number, are named with their key', () => {
  const before = { tools: ['read', 'probe'], sample: 1, turns: [{ assistant: 'yes' }] };
  const after = { tools: ['read', 'trace'], sample: 2, turns: [{ assistant: 'no' }] };
  expect(listChangedLines(before, after)).toEqual([
    '- tools: probe',
    '+ tools: trace',
    '- sample: 1',
    '+ sample: 2',
    '- turns assistant: yes',
    '+ turns assistant: no',
  ]);
});
