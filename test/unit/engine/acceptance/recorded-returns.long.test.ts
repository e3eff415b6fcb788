/** The loop against a tournament on recorded returns, with as many repetitions as the difference needs to show. */
import { summariseChoices } from '../../../fixtures/returns/choice';
import { loop, LOOP_EPISODES, tournament } from '../../../fixtures/returns/choice-among-landers';

test('among 26 controllers the loop chooses better than a tournament that plays four times as much', async () => {
  const repetitions = Array.from({ length: 400 }, (_, repetition) => repetition);
  const fixed = repetitions.map((repetition) => tournament(repetition));
  const chosen = [];
  for (const repetition of repetitions) chosen.push(await loop(repetition));
  const [ours, theirs] = [summariseChoices(chosen), summariseChoices(fixed)];
  expect(ours.mostEpisodes).toBeLessThanOrEqual(LOOP_EPISODES);
  expect(ours.regret).toBeLessThan(theirs.regret);
});
