import { findImportCircles } from '../../fixtures/import-circles';

test('files that import each other, directly or through others, are one circle', () => {
  const graph = new Map([
    ['a', ['b', 'x']],
    ['b', ['c']],
    ['c', ['a']],
    ['d', ['e']],
    ['e', ['d']],
    ['x', ['y']],
    ['y', []],
  ]);
  expect(findImportCircles(graph)).toEqual([
    ['a', 'b', 'c'],
    ['d', 'e'],
  ]);
});

test('a graph without circles has none', () => {
  expect(
    findImportCircles(
      new Map([
        ['a', ['b', 'c']],
        ['b', ['c']],
        ['c', []],
      ]),
    ),
  ).toEqual([]);
});
