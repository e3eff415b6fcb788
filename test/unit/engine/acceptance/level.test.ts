import { computeNextLevel } from '../../../../packages/engine/src/acceptance/level';
import { toySettings } from '../simulation';
import { ofType, run, world } from '../toy-run';

function level(errorRate: 'per_comparison' | 'per_run', comparisons: number, acceptances: number): number {
  return computeNextLevel({ settings: toySettings({ errorRate }), comparisons, acceptances });
}

test('each comparison has the declared level where comparisons are controlled', () => {
  expect([level('per_comparison', 0, 0), level('per_comparison', 199, 3)]).toEqual([
    expect.closeTo(0.05),
    expect.closeTo(0.05),
  ]);
});

test('the levels of a run that accepts nothing add up to the declared one', () => {
  const levels = Array.from({ length: 10_000 }, (_, t) => level('per_run', t, 0));
  const sum = levels.reduce((total, each) => total + each, 0);
  expect(sum).toBeLessThan(0.05);
  expect(sum).toBeGreaterThan(0.0499);
});

test('an acceptance pays for more of them', () => {
  expect(level('per_run', 9, 4)).toBeCloseTo(5 * level('per_run', 9, 0));
  expect(level('per_run', 199, 0)).toBeCloseTo(0.05 / (200 * 201));
});

test('what was risked is in the events, and adds up', async () => {
  const each = world();
  const state = await run(each);
  const compared = ofType(each.journal.events, 'challenger_compared');
  expect(compared.length).toBeGreaterThan(1);
  // A comparison that goes on where an earlier one ended is the same question.
  const questions = compared.filter(({ earlier }) => earlier === undefined);
  expect(state.falseAcceptances).toBeCloseTo(0.05 * questions.length);
  expect(state.acceptances).toBe(compared.filter(({ verdict }) => verdict === 'better').length);

  const whole = world();
  const controlled = await run(whole, { settings: { errorRate: 'per_run' } });
  const levels = ofType(whole.journal.events, 'challenger_compared')
    .filter(({ earlier }) => earlier === undefined)
    .map(({ alpha }) => alpha);
  expect(levels[0]).toBeCloseTo(0.025);
  expect(controlled.falseAcceptances).toBeCloseTo(levels.reduce((sum, alpha) => sum + alpha, 0));
  for (const { difference, verdict } of ofType(whole.journal.events, 'challenger_compared')) {
    if (verdict === 'better') expect(difference.low).toBeGreaterThan(0);
  }
});
