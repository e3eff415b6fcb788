import { candidateId } from '../../../../packages/engine/src/index';
import { halvingRace } from '../../../../packages/engine/src/racing/halving-race';

function dropped(field: readonly (readonly number[])[], reference: number | null = null): number[] {
  const standings = field.map((returns, index) => ({ candidate: candidateId.parse(index + 1), returns }));
  return [...halvingRace.dropped(standings, reference)].map(Number).sort((a, b) => a - b);
}

test('half of a field goes on, the leader always', () => {
  expect(
    dropped([
      [3, 9],
      [2, 9],
      [1, 9],
      [0, 9],
    ]),
  ).toEqual([3, 4]);
  expect(
    dropped([
      [3, 9],
      [2, 9],
      [1, 9],
    ]),
  ).toEqual([3]);
  expect(dropped([[1, 5]])).toEqual([]);
});

test('who is far behind the leader on the same seeds does not, even among two', () => {
  expect(
    dropped([
      [10, 11, 9, 10],
      [5, 6, 4, 5.5],
    ]),
  ).toEqual([2]);
  expect(
    dropped([
      [10, 30, 9, 50],
      [40, 6, 20, 5.5],
      [0, 0, 0, 0],
    ]),
  ).toEqual([3]);
});

test('who cannot be as good as the champion does not, the leader included', () => {
  expect(dropped([[1, 2, 1, 2]], 10)).toEqual([1]);
  expect(dropped([[1, 30, 1, 2]], 10)).toEqual([]);
});

test('between equals the earlier one goes on, whatever the order of the field', () => {
  expect(dropped([[1], [1], [1], [1]])).toEqual([3, 4]);
});
