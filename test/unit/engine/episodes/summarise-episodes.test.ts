import { summariseEpisodes, type CandidateEpisode } from '@policybook/engine';
import { buildCandidateEpisode, type EpisodeCase } from '../../../fixtures/candidate-episodes';

const episodes = (...all: readonly Omit<EpisodeCase, 'seed'>[]): CandidateEpisode[] =>
  all.map((each, seed) => buildCandidateEpisode({ ...each, seed }));

it('counts endings with their flags, the most frequent first', () => {
  const crash = { value: -100, steps: 80, flags: ['crashed'] };
  const late = { value: 10, steps: 1000, ending: 'truncated' } as const;
  const { endings } = summariseEpisodes(
    episodes(late, crash, { value: 200, steps: 300 }, crash, { ...late, steps: 900 }, late),
  );
  expect(endings).toEqual([
    { ending: 'truncated', flags: [], episodes: 3, steps: { least: 900, most: 1000 }, meanReturn: 10 },
    {
      ending: 'terminated',
      flags: ['crashed'],
      episodes: 2,
      steps: { least: 80, most: 80 },
      meanReturn: -100,
    },
    { ending: 'terminated', flags: [], episodes: 1, steps: { least: 300, most: 300 }, meanReturn: 200 },
  ]);
});

it('gives quantiles of returns and lengths, and means of tenths and terms', () => {
  const summary = summariseEpisodes(
    episodes(
      { value: 30, steps: 3, terms: { torque: -2, forward: 5 } },
      { value: 10, steps: 1, terms: { torque: -4 } },
      { value: 20, steps: 2 },
    ),
  );
  expect(summary.returns).toEqual([11, 15, 20, 25, 29]);
  expect(summary.steps).toEqual([1.1, 1.5, 2, 2.5, 2.9]);
  expect(summary.rewardByTenth).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 20]);
  expect(summary.terms).toEqual([
    { term: 'forward', mean: 5, episodes: 1 },
    { term: 'torque', mean: -3, episodes: 2 },
  ]);
});

it('knows the returns of episodes of which nothing else is kept', () => {
  const [first, second] = episodes({ value: 1, steps: 5 }, { value: 3, steps: 7 });
  const old = { seed: 9, return: 5, isFresh: true, kept: null };
  const { seed, steps, trajectoryHashes } = second?.kept ?? { seed: 0, steps: 0, trajectoryHashes: null };
  if (first === undefined || second === undefined || trajectoryHashes === null)
    throw new Error('no episodes');
  const earlier = { ...second, kept: { seed, steps, trajectoryHashes } };
  const summary = summariseEpisodes([first, earlier, old]);
  expect([summary.episodes, summary.unknown]).toEqual([3, 2]);
  expect(summary.returns?.[2]).toBe(3);
  expect(summary.steps?.[2]).toBe(5);
  expect(summariseEpisodes([])).toEqual({
    ...{ episodes: 0, unknown: 0, returns: null, steps: null, endings: [], rewardByTenth: null, terms: [] },
  });
});
