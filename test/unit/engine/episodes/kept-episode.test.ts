import { keepEpisode } from '../../../../packages/engine/src/episodes/kept-episode';

const episode = {
  seed: 3,
  return: 7,
  steps: 20,
  actionHash: '0123456789abcdef',
  trajectoryHashes: { every: 20, hashes: 'abc' },
  course: { rewardByTenth: Array<number>(10).fill(0.7), flags: ['is_success'], terms: { reward_ctrl: -2 } },
};

it.each([
  [true, false, 'terminated'],
  [false, true, 'truncated'],
  [true, true, 'terminated'],
])('keeps how an episode ended: terminated %s and truncated %s is %s', (terminated, truncated, ending) => {
  const { seed, steps, trajectoryHashes, course } = episode;
  expect(keepEpisode({ ...episode, terminated, truncated })).toEqual({
    ...{ seed, steps, trajectoryHashes, course },
    ending,
  });
});
