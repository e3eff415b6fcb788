import { toySettings } from '../simulation';
import { ofType, run, world } from '../toy-run';

async function learn(episodes: number) {
  const all = world([[{ mean: 0 }, { mean: 40, slack: 20, luck: 3 }]]);
  const budget = { ...toySettings().budget, episodes };
  const state = await run(all, { settings: { budget, simplify: false } });
  return { tunings: ofType(all.journal.events, 'tuner_finished'), message: state.stopped?.message, state };
}

test('constants are tuned by what is left when the author has nothing more to spend it on', async () => {
  const { tunings, state } = await learn(200);
  expect(tunings.length).toBeGreaterThan(0);
  expect(state.usage.episodes).toBeLessThanOrEqual(200);
  expect(state.head === null ? null : state.candidates.get(state.head)?.kind).toBe('scalar');
});

test('where too little is left for that, the run says so and names a budget that would do', async () => {
  const { tunings, message } = await learn(100);
  expect(tunings).toEqual([]);
  const said =
    /the author has nothing left to propose; about \d+ episodes are left, too few to tune 1 constant of @2: `episodes: (\d+)` should do/.exec(
      message ?? '',
    );
  expect(said).not.toBeNull();
  expect((await learn(Number(said?.[1]))).tunings.length).toBeGreaterThan(0);
});
