import type { EndingCount, EpisodesSummary } from '@policybook/engine';
import { formatEndings } from '../../../packages/views/src/endings';
import { buildRunBundle, buildRunPayload } from '@policybook/views';
import { lunarEvents, lunarProgress, stateOf } from '../../fixtures/lunar-run';

const late: EndingCount = {
  ending: 'truncated',
  flags: [],
  episodes: 85,
  steps: { least: 1600, most: 1600 },
  meanReturn: 12.3,
};
const crashed: EndingCount = {
  ending: 'terminated',
  flags: ['crashed'],
  episodes: 35,
  steps: { least: 57, most: 812 },
  meanReturn: -101,
};
const summary: EpisodesSummary = {
  episodes: 120,
  unknown: 0,
  returns: null,
  steps: null,
  endings: [late, crashed],
  rewardByTenth: null,
  terms: [],
};
const ENDINGS =
  'of 120 episodes 71 % truncated after 1,600 steps (mean return 12.3), 29 % terminated with crashed after 57 to 812 steps (mean return -101)';

it('says how episodes ended, the most frequent first, and of how many it is not known', () => {
  expect(formatEndings(summary)).toBe(ENDINGS);
  expect(formatEndings({ ...summary, episodes: 128, unknown: 8 })).toBe(
    `${ENDINGS}; not known of 8 episodes`,
  );
  const five = [1, 2, 3, 4, 5].map((episodes) => ({ ...late, episodes }));
  expect(formatEndings({ ...summary, episodes: 15, endings: five })).toMatch(/; 1 more way$/);
  expect(formatEndings({ ...summary, unknown: 120, endings: [] })).toBeNull();
});

it('stands with what supports the score of the head, where the episodes were read', () => {
  const state = stateOf(lunarEvents);
  const progress = { ...lunarProgress, headEpisodes: summary };
  expect(buildRunPayload(state, progress).evidence[0]).toEqual({ name: 'endings', text: ENDINGS });
  expect(buildRunBundle(state, progress)['text/plain']).toContain(`  endings      ${ENDINGS}\n`);
  expect(buildRunPayload(state, lunarProgress).evidence.map(({ name }) => name)).not.toContain('endings');
});
