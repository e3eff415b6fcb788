/** What the simplifier may replay, where, and what a run keeps of what it found. */
import type { RunSettings } from '../../../../packages/engine/src/index';
import { toySettings } from '../simulation';
import { ofType, run, world } from '../toy-run';

const { environment, budget } = toySettings();
const windy = { ...environment, kwargs: { wind: true } };
const on = ['windy', 'wide'].map((name) => ({ name, environment: windy, longestEpisode: 80 }));
const simplified = [
  [
    { mean: 0, luck: 10 },
    { mean: 60, luck: 10, excess: 5 },
  ],
];

async function simplify(settings: Partial<RunSettings>) {
  const all = world(simplified);
  const state = await run(all, { settings: { tune: false, ...settings } });
  const [event] = ofType(all.journal.events, 'simplifier_finished');
  return { state, event, asked: all.evaluator.simplified };
}

test('what no episode exercises is kept with the run, next to the steps that finding it took', async () => {
  const { state, event, asked } = await simplify({});
  expect(event).toMatchObject({
    unexercised: [{ kind: 'never_reached', first: 1, last: 2 }],
    replayedSteps: event?.usage.steps,
  });
  expect(event).not.toHaveProperty('isCutShort');
  expect(state.simplified).toEqual(event);
  expect(asked[0]?.variantEnvironments).toEqual([]);
});

test('environments that are named share the episodes, each with seeds of its own', async () => {
  const { event, asked } = await simplify({ simplify: { on } });
  const [{ seeds, variantEnvironments } = { seeds: [], variantEnvironments: [] }] = asked;
  expect(variantEnvironments.map((each) => each.environment)).toEqual([windy, windy]);
  const all = [seeds, ...variantEnvironments.map((each) => each.seeds)];
  expect(all.map(({ length }) => length)).toEqual([33, 33, 33]);
  expect(new Set(all.flat()).size).toBe(99);
  expect(event?.usage.episodes).toBe(99);
});

test('an episode there is reckoned with at its full length, so that the budget of steps holds', async () => {
  const limited = await simplify({ budget: { ...budget, steps: 60_000 } });
  const { asked } = await simplify({
    budget: { ...budget, steps: 60_000 },
    simplify: { on: on.map((each) => ({ ...each, longestEpisode: 10_000 })) },
  });
  expect(limited.asked.length).toBeGreaterThan(0);
  expect(asked).toEqual([]);
});

test.each([
  [null, 12],
  [3600, 6],
])(
  'replays are bounded by the steps of their episodes, more so within a limit of wall time: %s',
  async (wallSeconds, replays) => {
    const { asked } = await simplify({ budget: { ...budget, wallSeconds } });
    expect(asked[0]?.mostReplays).toBe(replays);
  },
);

test('the turns of a run share the bound, and a record says where it ended one', async () => {
  const all = world(simplified);
  all.evaluator.replays = 9;
  const acceptance = { confidence: 0.95, minEffect: 25, budgetShare: 0.4 };
  await run(all, { settings: { acceptance, tune: false } });
  const [first, second] = ofType(all.journal.events, 'simplifier_finished');
  const [one, other] = all.evaluator.simplified.map((each) => each.mostReplays);
  expect(first).toMatchObject({ replayedSteps: 9000 });
  expect(first).not.toHaveProperty('isCutShort');
  expect([one, other]).toEqual([12, 3]);
  expect(second).toMatchObject({ isCutShort: true, replayedSteps: 3000 });
  expect(all.evaluator.simplified).toHaveLength(2);
});
