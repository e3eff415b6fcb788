import { NEXT_SEED, toySettings } from '../simulation';
import { ofType, run, world } from '../toy-run';

test('a comparison that was left undecided goes on where it ended, as the same question', async () => {
  const field = [0, 8, 3].map((mean) => [{ mean, noise: 60, luck: 5 }]);
  const all = world(field);
  const budget = { ...toySettings().budget, episodes: 1200 };
  const state = await run(all, { settings: { seed: 2, budget, simplify: false, tune: false } });
  const [first, second] = ofType(all.journal.events, 'challenger_compared');
  if (first === undefined || second === undefined) throw new Error('the proof is taken up again');
  expect([first.challenger, first.champion, first.verdict]).toEqual([
    second.challenger,
    second.champion,
    'undecided',
  ]);
  const before = first.pairs?.seeds ?? [];
  const more = second.pairs?.seeds ?? [];
  expect(second.earlier).toBe(before.length);
  expect(second.difference.episodes).toBe(before.length + more.length);
  expect(new Set([...before, ...more]).size).toBe(before.length + more.length);
  // What was fixed before the first pair stays, and the run has risked one level for both.
  expect([second.bounds.low, second.bounds.high, second.alpha]).toEqual([
    first.bounds.low,
    first.bounds.high,
    first.alpha,
  ]);
  expect([state.comparisons, state.falseAcceptances]).toEqual([1, first.alpha]);
});

test('seeds that faults of the environment have parted are drawn once', async () => {
  const field = [0, 8, 3].map((mean) => [{ mean, noise: 60, luck: 5 }]);
  const all = world(field);
  // Of one seed in twenty each side loses what the other one has played in its place: the sides stay apart for good.
  all.evaluator.loses = ({ mean }, seed) =>
    (seed % NEXT_SEED) % 20 === 0 && Math.floor(seed / NEXT_SEED) % 2 === (mean === 8 ? 0 : 1);
  const budget = { ...toySettings().budget, episodes: 1200 };
  await run(all, { settings: { seed: 2, budget, simplify: false, tune: false } });
  const compared = ofType(all.journal.events, 'challenger_compared');
  expect(compared.some(({ drawn = 0, pairs }) => drawn > (pairs?.seeds.length ?? 0))).toBe(true);
  const seeds = compared.flatMap(({ challenger, pairs }) =>
    (pairs?.seeds ?? []).map((seed) => `${challenger} ${seed}`),
  );
  expect(new Set(seeds).size).toBe(seeds.length);
});
