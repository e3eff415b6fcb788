import type { TestQuestion } from '../../../../packages/engine/src/acceptance/sequential-test';
import { bettingTest } from '../../../../packages/engine/src/acceptance/betting-test';

const bounds = { low: -500, high: 300, assumed: false };
const question: TestQuestion = { test: 'gain', bounds, minEffect: 8, alpha: 0.05, mostPairs: 512 };

/** Uniform in [0, 1), by name; a cheap hash (murmur3's finaliser), because these tests draw a million numbers. */
function drawNumber(...name: number[]): number {
  let hash = 0x9e3779b9;
  for (const part of name) {
    hash = Math.imul(hash ^ part, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    hash ^= hash >>> 16;
  }
  return (hash >>> 0) / 2 ** 32;
}

function normal(...name: number[]): number {
  return (
    Math.sqrt(-2 * Math.log(1 - drawNumber(...name, 1))) * Math.cos(2 * Math.PI * drawNumber(...name, 2))
  );
}

test('equal returns on every pair end a comparison as equivalent', () => {
  const comparison = bettingTest.begin(question);
  const returns = Array.from({ length: 16 }, (_, seed) => (seed % 3 === 0 ? 300 : 100));
  comparison.add(returns, returns);
  expect(comparison.isSettled).toBe(false);
  comparison.add(returns, returns);
  expect(comparison.isSettled).toBe(true);
  expect(comparison.conclude().verdict).toBe('equivalent');
});

const challenger = 1;
const champion = 2;

/** Returns of a lander: mostly good, rarely crashed; both policies share the seed's luck. */
function lander(mean: number, crash: number, trial: number, seed: number, who: number): number {
  if (drawNumber(trial, seed, who) < crash) return -200;
  return mean + 20 * normal(trial, seed) + 15 * normal(trial, seed, who);
}

function compare(ask: TestQuestion, trial: number, gap: number, crash: [number, number]) {
  const comparison = bettingTest.begin(ask);
  let pairs = 0;
  for (let block = 16; !comparison.isSettled && pairs < ask.mostPairs; block = pairs >> 1) {
    const seeds = Array.from({ length: Math.min(block, ask.mostPairs - pairs) }, (_, i) => pairs + i);
    comparison.add(
      seeds.map((seed) => lander(200 + gap, crash[0], trial, seed, challenger)),
      seeds.map((seed) => lander(200, crash[1], trial, seed, champion)),
    );
    pairs += seeds.length;
  }
  return { ...comparison.conclude(), pairs };
}

function rate(trials: number, holds: (trial: number) => boolean): number {
  return Array.from({ length: trials }, (_, trial) => holds(trial)).filter(Boolean).length / trials;
}

describe('false acceptances stay below what was declared', () => {
  const trials = 400;

  test('where policies are equal', () => {
    expect(
      rate(trials, (t) => compare(question, t, 0, [0.02, 0.02]).verdict === 'better'),
    ).toBeLessThanOrEqual(0.05);
  });

  test('where the challenger looks better but for rare crashes that make up for it', () => {
    // 0.03 × (200 + gap + 200) is what the crashes cost; the gap makes the means equal.
    const gap = (400 * 0.03) / 0.97;
    expect(
      rate(trials, (t) => compare(question, t, gap, [0.03, 0]).verdict === 'better'),
    ).toBeLessThanOrEqual(0.05);
  });

  test('where the champion crashes instead', () => {
    // The challenger is worse by what the crashes cost the champion; neither may be called better or worse.
    const gap = -400 * 0.03;
    const verdict = (t: number) => compare(question, t, gap, [0, 0.03]).verdict;
    expect(rate(trials, (t) => verdict(t) === 'better')).toBeLessThanOrEqual(0.05);
    expect(rate(trials, (t) => verdict(t) === 'worse')).toBeLessThanOrEqual(0.05);
  });

  test('where a simplification costs exactly the minEffect', () => {
    const ask: TestQuestion = { ...question, test: 'noninferiority' };
    const taken = (t: number) => ['better', 'equivalent'].includes(compare(ask, t, -8, [0.02, 0.02]).verdict);
    expect(rate(trials, taken)).toBeLessThanOrEqual(0.05);
  });
});

test('a better challenger is found, the sooner the better it is', () => {
  const median = (gap: number) => {
    const results = Array.from({ length: 31 }, (_, trial) => compare(question, trial, gap, [0.01, 0.01]));
    expect(results.filter(({ verdict }) => verdict === 'better').length).toBeGreaterThan(25);
    return results.map(({ pairs }) => pairs).sort((a, b) => a - b)[15] ?? NaN;
  };
  const [small, large] = [median(40), median(150)];
  expect(large).toBeLessThan(small);
  expect(large).toBeLessThanOrEqual(54);
});

test('to become champion takes 32 pairs, however clear the difference', () => {
  const wide = { ...question, bounds: { ...bounds, high: 3000 } };
  expect(compare(wide, 1, 2000, [0, 0])).toMatchObject({ verdict: 'better', pairs: 36 });
});

test('how small a minEffect is within reach grows with the pairs', () => {
  const reach = (minEffect: number, mostPairs: number) =>
    bettingTest.isWithinReach({ ...question, test: 'noninferiority', minEffect, mostPairs }, 0);
  expect([reach(8, 400), reach(8, 700), reach(80, 70)]).toEqual([false, true, true]);
});

test('how few pairs can show a gain depends on its part of the range of returns', () => {
  const range = question.bounds.high - question.bounds.low;
  const reach = (part: number, mostPairs: number) =>
    bettingTest.isWithinReach({ ...question, mostPairs }, part * range);
  expect([reach(1, 6), reach(1, 8), reach(2, 6)]).toEqual([false, true, false]);
  expect([reach(0.5, 12), reach(0.5, 16), reach(0, 1000)]).toEqual([false, true, false]);
});

test('the interval covers the truth, and agrees with the verdict', () => {
  for (let trial = 0; trial < 60; trial++) {
    const { difference, verdict } = compare(question, trial, 30, [0, 0]);
    expect(difference.low).toBeLessThanOrEqual(difference.mean);
    expect(difference.high).toBeGreaterThanOrEqual(difference.mean);
    expect(verdict === 'better').toBe(difference.low > 0);
    if (verdict === 'worse') expect(difference.high).toBeLessThan(0);
    if (verdict === 'equivalent') expect(difference.high).toBeLessThan(question.minEffect);
  }
});

test('a challenger that is clearly worse is given up soon, and called so', () => {
  const { verdict, pairs } = compare(question, 1, -200, [0, 0]);
  expect(verdict).toBe('worse');
  expect(pairs).toBeLessThanOrEqual(36);
});

test('what cannot be decided with the episodes that are left is undecided, and not played on', () => {
  const { verdict, pairs } = compare({ ...question, mostPairs: 300 }, 1, 0, [0, 0]);
  expect(verdict).toBe('undecided');
  expect(pairs).toBeLessThan(100);
});

test('returns outside the bounds do not break the test', () => {
  const comparison = bettingTest.begin(question);
  comparison.add([1e9, 1e9], [-1e9, -1e9]);
  expect(Number.isFinite(comparison.conclude().difference.high)).toBe(true);
});
