/**
 * What whole runs hand over among the controllers of recorded environments. `npm run bench -- decisions` plays all of
 * them and all budgets, with more repetitions and more contenders.
 */
import { summariseChoices } from '../../../fixtures/returns/choice';
import { playTournament } from '../../../fixtures/returns/tournament';
import { rateRuns } from '../../../fixtures/returns/contenders';
import { findEnvironment } from '../../../fixtures/returns/recorded-environments';

test.each([
  ['lunarlander-v3', 200, 20],
  ['lunarlander-v3', 700, 5],
  ['acrobot-v1', 200, 20],
  ['acrobot-v1', 700, 20],
])(
  'on %s with %i episodes a run hands over a better policy than a fixed tournament, in %i repetitions',
  async (name, episodes, repetitions) => {
    const environment = findEnvironment(name);
    const runs = await rateRuns(environment, episodes, repetitions);
    const tournaments = Array.from({ length: repetitions }, (_, repetition) =>
      playTournament(environment, episodes, repetition),
    );
    expect(runs.mostEpisodes).toBeLessThanOrEqual(episodes);
    expect(runs.regret).toBeLessThan(summariseChoices(tournaments).regret);
  },
);
