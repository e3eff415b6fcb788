import {
  computeExpectedGain,
  computeNormalProbability,
} from '../../../../packages/engine/src/choice/expected-gain';

test('what is known exactly gains its lead or nothing', () => {
  expect(computeExpectedGain(3, 0)).toBe(3);
  expect(computeExpectedGain(-3, 0)).toBe(0);
});

test('a policy behind may gain, the more the less is known of it', () => {
  // Of two equal ones the expected best is φ(0) deviations ahead.
  expect(computeExpectedGain(0, 10)).toBeCloseTo(10 / Math.sqrt(2 * Math.PI), 6);
  expect(computeExpectedGain(-10, 10)).toBeCloseTo(0.8332, 3);
  expect(computeExpectedGain(-10, 20)).toBeGreaterThan(computeExpectedGain(-10, 10));
  expect(computeExpectedGain(-1000, 10)).toBeGreaterThanOrEqual(0);
});

test('probabilities of the normal distribution are those of its tables', () => {
  expect(computeNormalProbability(0)).toBeCloseTo(0.5, 6);
  expect(computeNormalProbability(1.959964)).toBeCloseTo(0.975, 6);
  expect(computeNormalProbability(-1.644854)).toBeCloseTo(0.05, 6);
});
