import {
  listExpansions,
  formatDiagnostics,
  parseCell,
  diagnoseAt,
  diagnoseExpression,
} from '../../../packages/language/src';

function at(
  code: string,
  place: Parameters<typeof diagnoseAt>[1],
): { line: number; column: number; endColumn: number } {
  const cell = parseCell(code);
  if (cell?.kind !== 'learn' && cell?.kind !== 'environment' && cell?.kind !== 'policy')
    throw new Error(`declares nothing: ${code}`);
  const { line, column, endColumn } = diagnoseAt(cell, place, 'no such thing');
  return { line, column, endColumn };
}

test('a diagnostic stands at the value of the first key that the body has', () => {
  const code = '%%environment e\nkwargs: {a: 1}\nid: CartPol-v1';
  expect(at(code, { keys: [['id']] })).toEqual({ line: 3, column: 5, endColumn: 15 });
  expect(at(code, { keys: [['observe'], ['kwargs'], ['id']] })).toMatchObject({ line: 2, column: 9 });
});

test('without such a key, a diagnostic stands at a word of the first line', () => {
  const code = '\n%%learn landr as first\nseed: 3';
  expect(at(code, { keys: [['id']], word: 'landr' })).toEqual({ line: 2, column: 9, endColumn: 14 });
  expect(at('%%policy p for landr\nid: 3', { keys: [['id']], word: 'landr' })).toMatchObject({ column: 16 });
});

test('without such a word, a diagnostic stands at the magic', () => {
  expect(at('%%learn lander', { keys: [['start']], word: 'other' })).toEqual({
    line: 1,
    column: 1,
    endColumn: 8,
  });
});

test('the diagnostic of an expression stands at the expression', () => {
  const code = '%runs\n%export first {name}.py';
  const cell = parseCell(code);
  if (cell?.kind !== 'commands') throw new Error('no commands');
  const [expansion] = listExpansions(cell);
  if (expansion === undefined) throw new Error('no expansion');
  expect(formatDiagnostics(code, [diagnoseExpression(code, expansion.span, 'name has no value')])).toBe(
    ['line 2, column 15: name has no value', '    %export first {name}.py', '                  ^^^^^^'].join(
      '\n',
    ),
  );
});
