import { chooseValueRange } from '../../../packages/views/src/plot-scale';

it('leaves out a single very low return', () => {
  const { low, high } = chooseValueRange([-600, 180, 230, 260, 268, 270], [200]);
  expect(low).toBeGreaterThan(-100);
  expect(low).toBeLessThan(180);
  expect(high).toBeGreaterThan(270);
});

it('shows a flat start that most candidates share', () => {
  expect(chooseValueRange([-200, -200, -200, -200, -130, -104], [-110]).low).toBeLessThan(-200);
});

it('never hides more than three quarters of the span', () => {
  const { low } = chooseValueRange([-200, ...Array.from({ length: 50 }, () => -105), -104], []);
  expect(low).toBeLessThan(-125);
});

it('shows a threshold within reach, and not one that would squeeze the rest', () => {
  expect(chooseValueRange([10, 60, 100], [200]).high).toBeGreaterThan(200);
  expect(chooseValueRange([10, 30, 60, 100], [6000]).high).toBeLessThan(200);
});

it('shows a threshold together with the very first scores', () => {
  expect(chooseValueRange([12, 9, 15], [200]).high).toBeGreaterThan(200);
});

it.each([
  [[], []],
  [[], [200]],
  [[500, 500], [475]],
  [[0], []],
])('has a width for %j and threshold %j', (values, wanted) => {
  const { low, high } = chooseValueRange(values, wanted);
  expect(high).toBeGreaterThan(low);
});
