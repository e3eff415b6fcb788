import { findSeedDifferences, type CandidateEpisode } from '@policybook/engine';
import { buildCandidateEpisode } from '../../../fixtures/candidate-episodes';

/** Episodes by seed; the flags are those of the last step, `null` where nothing is kept. */
const episodes = (
  returns: Readonly<Record<number, number>>,
  flags: (seed: number) => string[] | null = () => [],
): CandidateEpisode[] =>
  Object.entries(returns).map(([text, value]) => {
    const seed = Number(text);
    const set = flags(seed);
    const episode = buildCandidateEpisode({ seed, value, flags: set ?? [] });
    return set === null ? { ...episode, kept: null } : episode;
  });

it('compares common seeds, the greatest loss first, and says which flipped by the threshold', () => {
  const before = episodes({ 1: 100, 2: 250, 3: 90, 4: 210, 5: 0 });
  const after = episodes({ 4: 205, 1: 260, 2: 40, 3: 200, 9: 300 });
  const { pairs, ...flipped } = findSeedDifferences(before, after, 200);
  expect(pairs.map(({ seed, difference }) => [seed, difference])).toEqual([
    [2, -210],
    [4, -5],
    [3, 110],
    [1, 160],
  ]);
  expect(pairs[0]).toEqual({ seed: 2, before: 250, after: 40, difference: -210 });
  expect(flipped).toEqual({ successBy: 'threshold', gained: [1, 3], lost: [2] });
});

it('judges by a flag of success where there is no threshold', () => {
  const returns = { 1: 1, 2: 1, 3: 1, 4: 1 };
  const before = episodes(returns, (seed) => (seed === 4 ? null : seed === 1 ? ['is_success', 'late'] : []));
  const after = episodes(returns, (seed) => (seed === 1 ? ['late'] : ['success']));
  const { successBy, gained, lost } = findSeedDifferences(before, after, null);
  // Of seed 4 it is not known how it went before.
  expect({ successBy, gained, lost }).toEqual({ successBy: 'flag', gained: [3, 2], lost: [1] });
});

it('calls nothing a success where neither is known', () => {
  const { successBy, gained, lost } = findSeedDifferences(episodes({ 1: 0 }), episodes({ 1: 9 }), null);
  expect({ successBy, gained, lost }).toEqual({ successBy: null, gained: [], lost: [] });
});
