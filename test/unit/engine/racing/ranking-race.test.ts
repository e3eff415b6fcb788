import { candidateId } from '../../../../packages/engine/src/index';
import { findDropped } from '../../../../packages/engine/src/racing/ranking-race';

/** Returns may lie 100 apart. */
function dropped(field: readonly (readonly number[])[], reference: number | null = null): number[] {
  const standings = field.map((returns, index) => ({ candidate: candidateId.parse(index + 1), returns }));
  return [...findDropped(standings, reference, 100)].map(Number).sort((a, b) => a - b);
}

/** Returns that differ from seed to seed, the same for all, and by `gap` in the mean. */
function steady(gap: number, seeds: number): number[] {
  return Array.from({ length: seeds }, (_, seed) => 100 - gap + (seed % 3) + ((seed * gap) % 2));
}

test('three fifths of a field go on, by their means', () => {
  expect(dropped([3, 2, 5, 4, 1].map((gap) => steady(gap, 4)))).toEqual([3, 4]);
  expect(dropped([1, 2, 3].map((gap) => steady(gap, 4)))).toEqual([3]);
});

test('two go on together until they differ clearly', () => {
  expect(dropped([steady(0, 8), steady(3, 8)])).toEqual([]);
  expect(dropped([steady(5, 8)])).toEqual([]);
});

test('who agrees with itself far behind the leader is hopeless only beyond what unseen crashes could cost', () => {
  // What was not seen in 8 episodes may happen in 3 of 8 and cost 100; in 32, a tenth of that.
  const span = (seeds: number) => [steady(0, seeds), steady(20, seeds), steady(100, seeds)];
  expect(dropped(span(8))).toEqual([3]);
  expect(dropped([...span(32), steady(1, 32), steady(2, 32)])).toEqual([2, 3]);
  expect(dropped([...span(8), steady(1, 8), steady(2, 8), steady(101, 8)])).toEqual([3, 6]);
});

test('who could only be as good as the champion by chance does not go on, the leader included', () => {
  const wide = [0, 100, 0, 100, 0, 100, 0, 100];
  expect(dropped([steady(0, 8), wide], 100)).toEqual([]);
  expect(dropped([steady(60, 8), steady(70, 8)], 100)).toEqual([1, 2]);
  expect(dropped([wide], 120)).toEqual([]);
});

test('between equals the earlier one goes on, whatever the order of the field', () => {
  expect(dropped([[1], [1], [1], [1], [1]])).toEqual([4, 5]);
});
