/** The loop against a tournament on recorded returns, with as many repetitions as the difference needs to show. */
import { loop, tournament } from '../../../fixtures/returns/tournament';

test('among 26 controllers the loop chooses better than a tournament that plays four times as much', async () => {
  const repetitions = Array.from({ length: 400 }, (_, repetition) => repetition);
  const fixed = repetitions.map((repetition) => tournament(repetition));
  const chosen = [];
  for (const repetition of repetitions) chosen.push(await loop(repetition));
  const regret = (choices: readonly { readonly regret: number }[]) =>
    choices.reduce((sum, choice) => sum + choice.regret, 0) / choices.length;
  expect(Math.max(...chosen.map(({ episodes }) => episodes))).toBeLessThanOrEqual((26 * 128) / 4);
  expect(regret(chosen)).toBeLessThan(regret(fixed));
});
