import { toySettings } from '../simulation';
import { run, world } from '../toy-run';

async function learnUpTo(highest: number, noise = 40) {
  const later = Array.from({ length: 20 }, (_, index) => [{ mean: index, noise, alias: index }]);
  const all = world([
    [
      { mean: 0, noise },
      { mean: 100, noise },
    ],
    ...later,
  ]);
  const { budget, acceptance } = toySettings();
  const state = await run(all, {
    settings: {
      seed: 11,
      returns: [-400, highest],
      acceptance: { ...acceptance, minEffect: 0.1 },
      budget: { ...budget, episodes: 250 },
    },
  });
  return { message: state.stopped?.message, generations: all.author.heard.length };
}

test('no author is asked for a gain that the episodes left could not tell', async () => {
  const { message, generations } = await learnUpTo(110);
  expect(generations).toBe(1);
  expect(message).toMatch(
    /^the best policy's mean of 10[\d.]+ is so near to the highest return of 110 that the \d+ episodes left could not tell a better one from it/,
  );
});

test('an author is asked where more could be gained, or returns vary less', async () => {
  expect((await learnUpTo(200)).generations).toBeGreaterThan(4);
  expect((await learnUpTo(110, 1)).generations).toBeGreaterThan(4);
});
