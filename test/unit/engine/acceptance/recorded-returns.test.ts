/**
 * The loop's statistics on returns that were recorded: LunarLander's crashes are rare and cost the whole range, which
 * normal theory does not survive. `npm run bench -- learning-loop` plays the same with more trials.
 */
import { computeNextLevel } from '../../../../packages/engine/src/acceptance/level';
import {
  bet,
  decided,
  medianPairs,
  moved,
  pairOf,
  rate,
  tTest,
  turned,
  wild,
  type Duel,
} from '../../../fixtures/returns/duels';
import { toySettings } from '../simulation';

const trials = 800;
const declared = 0.05;

describe('false verdicts are as rare as declared', () => {
  const centred = (best: number) => (trial: number) => moved(...pairOf(best, trial), 0);

  test.each([
    ['between any two controllers', centred(26)],
    ['between the dozen best', centred(12)],
    ['where the challenger crashes rarely', wild],
    ['where the champion crashes rarely', (trial: number): Duel => turned(wild(trial))],
  ])('%s', (_, duel) => {
    const decisions = decided(trials, duel, bet);
    expect(rate(decisions, 'better')).toBeLessThanOrEqual(declared);
    expect(rate(decisions, 'worse')).toBeLessThanOrEqual(declared);
  });

  test('and a paired t-test, its level split over its looks, is wrong several times as often', () => {
    const decisions = decided(trials, centred(12), tTest);
    expect(rate(decisions, 'better')).toBeGreaterThan(2 * declared);
    expect(rate(decided(trials, wild, tTest), 'better')).toBeGreaterThan(0.5);
  });
});

test('a run that is controlled as a whole hardly ever promotes falsely', () => {
  const settings = {
    acceptance: { confidence: 0.95, minEffect: null, budgetShare: 0.4 },
    errorRate: 'per_run',
  } as const;
  const falsely = Array.from({ length: 20 }, (_, run) => {
    const levels = Array.from({ length: 60 }, (_, t) =>
      computeNextLevel({ settings: toySettings(settings), comparisons: t, acceptances: 0 }),
    );
    return levels.some(
      (alpha, t) => bet(moved(...pairOf(12, 60 * run + t), 0), t, alpha).verdict === 'better',
    );
  });
  expect(falsely.filter(Boolean).length / falsely.length).toBeLessThanOrEqual(declared);
});

test('a gain is found, the sooner the larger it is', () => {
  const median = (gap: number) => {
    const decisions = decided(200, (trial) => moved(...pairOf(12, trial), gap), bet);
    expect(rate(decisions, 'worse')).toBe(0);
    return { power: rate(decisions, 'better'), pairs: medianPairs(decisions, 'better') };
  };
  const [small, middle, large] = [25, 50, 100].map(median);
  expect(small?.power).toBeGreaterThan(0.9);
  expect(middle?.power).toBeGreaterThan(0.98);
  expect(large).toEqual({ power: 1, pairs: 36 });
  expect(small?.pairs).toBeGreaterThan(middle?.pairs ?? 0);
  expect(middle?.pairs).toBeGreaterThan(36);
});
