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

test('who is far behind the leader on the same seeds does not, once crashes had their chance', () => {
  const leader = Array.from({ length: 16 }, (_, seed) => 10 + (seed % 3));
  const behind = [5, 6, 7].map((gap) => leader.map((value, seed) => value - gap - (seed % 2)));
  expect(dropped([leader, ...behind])).toEqual([2, 3, 4]);
  expect(dropped([leader, ...behind].map((returns) => returns.slice(0, 8)))).toEqual([3, 4]);
  const wild = leader.map((value, seed) => value + (seed % 2 === 0 ? 40 : -46));
  expect(dropped([leader, wild, ...behind.slice(1)])).toEqual([3, 4]);
});

test('who cannot be as good as the champion does not, the leader included', () => {
  expect(dropped([[1, 2, 1, 2]], 10)).toEqual([1]);
  expect(dropped([[1, 30, 1, 2]], 10)).toEqual([]);
});

test('between equals the earlier one goes on, whatever the order of the field', () => {
  expect(dropped([[1], [1], [1], [1]])).toEqual([3, 4]);
});
