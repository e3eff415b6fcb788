/** Search/replace blocks are applied exactly, or refused with the place. */
import { applyEdits, readEdits } from '../../../packages/authors/src/edits';

const block = (search: string, replace: string): string =>
  `<<<<<<< SEARCH\n${search}\n=======\n${replace}\n>>>>>>> REPLACE`;

const SOURCE = [
  'GAIN = 2.0  # tune: [0, 5]',
  '',
  '',
  'def act(observation):',
  '    lean = observation[2]',
  '    if lean > 0:',
  '        return 1',
  '    if lean < 0:',
  '        return 1',
  '    return 0',
  '',
].join('\n');

/** Why edits are refused. */
function explain(answer: string): string {
  const applied = apply(answer);
  return applied.ok ? 'they are applied' : applied.message;
}

function apply(answer: string): ReturnType<typeof applyEdits> {
  const read = readEdits(answer);
  if (!read.ok) throw new Error(read.message);
  return applyEdits(SOURCE, read.edits);
}

test('blocks are applied in their order, each to what those before it have left', () => {
  const answer = [
    'Idea: Half the gain.',
    '```python',
    block('GAIN = 2.0  # tune: [0, 5]', 'GAIN = 1.0  # tune: [0, 5]\nREST = 0'),
    '```',
    block('    return 0', '    return REST'),
    block('REST = 0', 'REST = 1'),
    block('    if lean < 0:\n        return 1\n', ''),
  ].join('\n');
  expect(explain(answer)).toContain('Block 4 of 4 does not match: the text has no such lines.');
  expect(apply(answer.replace('        return 1\n\n', '        return 1\n'))).toEqual({
    ok: true,
    source: [
      'GAIN = 1.0  # tune: [0, 5]',
      'REST = 1',
      '',
      '',
      'def act(observation):',
      '    lean = observation[2]',
      '    if lean > 0:',
      '        return 1',
      '',
      '    return REST',
      '',
    ].join('\n'),
  });
});

test('a block that does not match comes with the closest lines of the text and their numbers', () => {
  expect(apply(block('    if lean <= 0:\n        return 1', ''))).toEqual({
    ok: false,
    message: [
      'The block does not match: the text has no such lines.',
      '',
      'The closest lines of the text, which differ in line 1 of what it searches for:',
      '',
      '<<<',
      '|    6 |     if lean > 0:',
      '|    7 |         return 1',
      '| >  8 |     if lean < 0:',
      '| >  9 |         return 1',
      '|   10 |     return 0',
      '>>>',
    ].join('\n'),
  });
});

test('a block of thousands of lines that does not match a text of thousands is compared by its first lines', () => {
  const lines = Array.from(
    { length: 12_000 },
    (_, line) => `value_${line} = read(sensor_${line}, ${line * line})`,
  );
  const wanted = ['value_7000 = read(sensor_7000, 0)', ...lines.slice(7001)];
  const applied = applyEdits(lines.join('\n'), [{ search: wanted, replace: [] }]);
  const message = applied.ok ? '' : applied.message;
  expect(message).toContain('differ in line 1 of what it searches for:');
  expect(message).toContain('|    7000 | value_6999 ');
  expect(message).toContain('| >  7001 | value_7000 ');
});

test('a line that differs in its indentation alone does not match', () => {
  expect(explain(block('return 0', 'return 2'))).toContain('> 10 |     return 0');
});

test('a block that matches several times says at which lines', () => {
  expect(apply(block('        return 1', '        return 2'))).toEqual({
    ok: false,
    message:
      'The block matches 2 times, at lines 7 and 9 of the text. Search for more lines, so that it matches once.',
  });
});

test.each([['nothing to search for', block('', 'x = 1'), 'The block searches for no line.']])(
  '%s is refused',
  (_, answer, message) => {
    expect(apply(answer)).toEqual({ ok: false, message });
  },
);

test.each([
  ['without a divider', '<<<<<<< SEARCH\nx\n>>>>>>> REPLACE', '======='],
  ['without an end', '<<<<<<< SEARCH\nx\n=======\ny', '>>>>>>> REPLACE'],
  ['in another', '<<<<<<< SEARCH\nx\n<<<<<<< SEARCH\n', '======='],
])('a block %s is not whole', (_, answer, missing) => {
  expect(readEdits(answer)).toEqual({
    ok: false,
    message: `Block 1 of the answer has no line \`${missing}\`.`,
  });
});
