/**
 * What whole runs hand over among the controllers of recorded worlds. `npm run bench -- decisions` plays all worlds and
 * budgets, with more repetitions and more contenders.
 */
import { summariseChoices } from '../../../fixtures/returns/choice';
import { playTournament } from '../../../fixtures/returns/tournament';
import { rateRuns } from '../../../fixtures/returns/contenders';
import { findWorld } from '../../../fixtures/returns/worlds';

test.each([
  ['lunarlander-v3', 200, 20],
  ['lunarlander-v3', 700, 5],
  ['acrobot-v1', 200, 20],
  ['acrobot-v1', 700, 20],
])(
  'on %s with %i episodes a run hands over a better policy than a fixed tournament, in %i repetitions',
  async (name, episodes, repetitions) => {
    const world = findWorld(name);
    const runs = await rateRuns(world, episodes, repetitions);
    const tournaments = Array.from({ length: repetitions }, (_, repetition) =>
      playTournament(world, episodes, repetition),
    );
    expect(runs.mostEpisodes).toBeLessThanOrEqual(episodes);
    expect(runs.regret).toBeLessThan(summariseChoices(tournaments).regret);
  },
);
