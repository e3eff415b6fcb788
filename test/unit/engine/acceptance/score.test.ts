import { findMinEffect } from '../../../../packages/engine/src/acceptance/min-effect';
import {
  countOutside,
  findNearbyBounds,
  findReturnBounds,
} from '../../../../packages/engine/src/acceptance/return-bounds';
import { computeScore } from '../../../../packages/engine/src/acceptance/score';
import { fold } from '../../../../packages/engine/src/index';
import { chances, toyFacts, toySettings } from '../simulation';
import { ofType, run, world } from '../toy-run';

function declared(change: Parameters<typeof toySettings>[0] = {}) {
  const settings = toySettings(change);
  const state = fold([{ type: 'run_declared', format: 2, run: 'first', settings, facts: toyFacts }]);
  if (state === null) throw new Error('declared');
  return state;
}

describe('findReturnBounds', () => {
  test('takes as many returns as the longest audit has', () => {
    const returns = Array.from({ length: 300_000 }, (_, index) => index % 401);
    expect(findReturnBounds(declared(), returns)).toEqual({ low: -100, high: 500, assumed: true });
  });

  test('are those that were declared', () => {
    const state = declared({ returns: [0, 500] });
    expect(findReturnBounds(state, [900])).toEqual({ low: 0, high: 500, assumed: false });
  });

  test('are else the extremes seen, their range widened by half', () => {
    const state = { ...declared(), observed: { low: -100, high: 100 } };
    expect(findReturnBounds(state, [300])).toEqual({ low: -200, high: 400, assumed: true });
  });

  test('have an extent where returns have none', () => {
    expect(findReturnBounds(declared(), [500, 500])).toEqual({ low: 375, high: 625, assumed: true });
    expect(findReturnBounds(declared(), [0])).toEqual({ low: -0.25, high: 0.25, assumed: true });
  });
});

describe('findNearbyBounds', () => {
  const runaway = [
    [{ mean: 0, luck: 10 }],
    [
      { mean: -5000, noise: 500 },
      { mean: 12, luck: 10 },
    ],
  ] as const;

  test('are not stretched by a candidate that runs away, so that the better one is still shown to be better', async () => {
    const all = world(runaway);
    const state = await run(all, { settings: { returns: null } });
    const [compared] = ofType(all.journal.events, 'challenger_compared');
    expect(compared?.verdict).toBe('better');
    expect(compared?.bounds.assumed).toBe(true);
    expect(compared?.bounds.low).toBeGreaterThan(-200);
    expect(state.observed?.low).toBeLessThan(-4000);
    expect(findReturnBounds(state).low).toBeLessThan(-5000);
    expect(findNearbyBounds(state).low).toBeGreaterThan(-200);
  });

  test('are those that were declared', () => {
    expect(findNearbyBounds(declared({ returns: [0, 500] }))).toEqual({ low: 0, high: 500, assumed: false });
  });
});

describe('computeScore', () => {
  const bounds = { low: -600, high: 350, assumed: false };

  test('covers the mean of a crashing policy at the confidence declared', () => {
    const truth = 0.96 * 250 - 0.04 * 300;
    let missed = 0;
    for (let trial = 0; trial < 200; trial++) {
      const returns = Array.from({ length: 40 }, (_, seed) => (chances(trial, seed)[0] < 0.04 ? -300 : 250));
      const score = computeScore(returns, bounds, 0.95);
      if (truth < score.low || truth > score.high) missed++;
    }
    expect(missed).toBeLessThanOrEqual(10);
  });

  test('narrows with episodes', () => {
    const width = (n: number) => {
      const { low, high } = computeScore(
        Array.from({ length: n }, (_, i) => 200 + (i % 7)),
        bounds,
        0.95,
      );
      return high - low;
    };
    expect(width(200)).toBeLessThan(width(50) / 2);
  });

  test('keeps the mean of returns outside the bounds, and its limits around it', () => {
    const returns = [400, 420, 410];
    const score = computeScore(returns, bounds, 0.95);
    expect(score).toMatchObject({ mean: 410, high: 410, deviation: 10, episodes: 3 });
    expect(countOutside(returns, bounds)).toBe(3);
  });

  test('of one episode has no deviation and hardly an interval', () => {
    expect(computeScore([1], bounds, 0.95)).toMatchObject({ mean: 1, deviation: 0, episodes: 1 });
    expect(computeScore([1], bounds, 0.95).low).toBeLessThan(-590);
  });
});

test('minimalGain is what was declared, else never nothing', () => {
  const bounds = { low: 0, high: 1000, assumed: true };
  expect(
    findMinEffect(declared({ acceptance: { confidence: 0.95, minEffect: 3, budgetShare: 0.4 } }), bounds),
  ).toBe(3);
  expect(findMinEffect(declared(), bounds)).toBe(2.5);
});
