import { findMinEffect } from '../../../../packages/engine/src/acceptance/min-effect';
import {
  countOutside,
  findNearbyBounds,
  findReturnBounds,
} from '../../../../packages/engine/src/acceptance/return-bounds';
import { proposeReturns } from '../../../../packages/engine/src/acceptance/returns-proposal';
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

describe('a candidate that runs away', () => {
  const noisy = { luck: 10, noise: 2 };
  const entrant = { mean: 12, ...noisy };
  const far = [
    {
      name: 'to minus a million millions',
      script: [[{ mean: 0, ...noisy }], [{ mean: -1e12, noise: 1e11 }, entrant]],
    },
    {
      name: 'among the first',
      script: [
        [
          { mean: -1e12, noise: 1e12 },
          { mean: 0, ...noisy },
        ],
        [entrant],
      ],
    },
    {
      name: 'to a thousand millions in the end',
      script: [[{ mean: 0, ...noisy }], [entrant], [{ mean: 1 }], [{ mean: 2 }], [{ mean: 1e9, noise: 1e8 }]],
    },
  ];

  test.each(far)('$name leaves the others comparable, and what is clipped is counted', async ({ script }) => {
    const all = world(script, undefined, false);
    const state = await run(all, { settings: { returns: null, simplify: false, tune: false } });
    const compared = ofType(all.journal.events, 'challenger_compared');
    const decided = compared.find(({ challengerScore: { mean } }) => Math.abs(mean) < 100);
    expect(decided?.verdict).toBe('better');
    const { low, high } = decided?.bounds ?? { low: -Infinity, high: Infinity };
    expect(high - low).toBeLessThan(1000);
    expect(state.outside).toBe(compared.reduce((sum, { bounds }) => sum + (bounds.clipped ?? 0), 0));
  });

  test('does not keep a race from dropping what is far behind its leader', async () => {
    const field = [
      { mean: 0, ...noisy },
      { mean: -300, noise: 2 },
      { mean: -310, noise: 2 },
      { mean: -320, noise: 2 },
    ];
    const dropped = async (others: readonly { mean: number; noise: number }[]) => {
      const all = world([[{ mean: 0, noise: 2, luck: 10 }], [...field, ...others]], undefined, false);
      await run(all, { settings: { returns: null, racing: { seeds: 16, most: 64 } } });
      return ofType(all.journal.events, 'candidate_raced').filter(
        (event) => event.dropped && event.played.seeds.length === 16,
      ).length;
    };
    expect(await dropped([{ mean: -1e12, noise: 1e12 }])).toBe(1 + (await dropped([])));
  });

  test('is held by the bounds that are proposed, with what they cost', () => {
    const bounds = { low: -20, high: 20.5, assumed: true };
    expect(proposeReturns({ observed: { low: -20, high: 20 } }, bounds)).toBeNull();
    expect(proposeReturns({ observed: { low: -20.04, high: 3 } }, bounds)).toBe(
      'returns: [-20.1, 20.5] would hold all of them',
    );
    expect(proposeReturns({ observed: { low: -1.2345e12, high: 0.001 } }, bounds)).toMatch(
      /^returns: \[-1240000000000, 20\.5\] would hold all of them, but comparisons decide hardly anything/,
    );
    expect(proposeReturns({ observed: { low: -0.07, high: 123456 } }, { ...bounds, low: 0, high: 1e5 })).toBe(
      'returns: [-0.07, 124000] would hold all of them',
    );
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
