/** A budget of steps holds, however much longer the episodes of better policies are. */
import { toySettings, type ToyPolicy } from '../simulation';
import { ofType, run, world } from '../toy-run';

const script: readonly (readonly ToyPolicy[])[] = [
  [
    { mean: 0, luck: 10 },
    { mean: 30, luck: 10 },
  ],
  [
    { mean: 70, luck: 10, noise: 4, slack: 24, excess: 6 },
    { mean: 60, luck: 10, noise: 3 },
  ],
  [{ mean: 60, luck: 10, noise: 10 }],
];

test.each([60, 500, 1500, 4000, 9000, 20_000, 60_000])('of %i is never overspent', async (limit) => {
  const all = world(script);
  // As on CartPole: who does better plays longer, up to the limit of 50 steps.
  all.evaluator.steps = ({ mean }) => (mean < 10 ? 5 : 50);
  const budget = { ...toySettings().budget, episodes: null, steps: limit };
  const state = await run(all, { settings: { budget, returns: [-100, 150] } });
  const byAuthor = 40 * all.author.heard.length;
  expect(state.usage.steps - byAuthor).toBeLessThanOrEqual(limit);
  if (limit >= 20_000) expect(state.usage.steps - byAuthor).toBeGreaterThan(0.5 * limit);
  expect(['budget', 'exhausted']).toContain(state.stopped?.reason);
});

test('is what each request is held to, whatever the others do', async () => {
  const all = world(script);
  all.evaluator.steps = ({ mean }) => (mean < 10 ? 5 : 50);
  const budget = { ...toySettings().budget, episodes: null, steps: 3000 };
  await run(all, { settings: { budget, returns: [-100, 150] } });
  for (const event of ofType(all.journal.events, 'candidate_raced'))
    expect(event.played.seeds).toHaveLength(event.played.returns.length);
});
