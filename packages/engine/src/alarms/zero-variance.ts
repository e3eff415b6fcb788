/** The same return on every seed: one number, however often it was measured. */
import { formatQuantity } from '@policybook/protocol';
import type { CandidateId, Score } from '../events';
import { summariseAllEpisodes } from '../choice/score-all-episodes';
import { formatNumber } from '../format-number';
import { requireCandidate } from '../state';
import { createAlarm, type AlarmRule } from './rule';

/** The number of episodes from which on equal returns are no chance, even where returns are counts. */
const MIN_EPISODES = 8;

/** Raises an alarm for a candidate that returned the same on every seed. */
export const checkZeroVariance: AlarmRule = (event, state) => {
  if (event.type === 'candidate_raced' && event.candidate === state.head) {
    const played = summariseAllEpisodes(state, requireCandidate(state, event.candidate));
    return played === null ? [] : checkSpread(event.candidate, played);
  }
  if (event.type === 'challenger_compared') return checkSpread(event.challenger, event.challengerScore);
  return event.type === 'champion_promoted' || event.type === 'head_measured'
    ? checkSpread(event.candidate, event.score)
    : [];
};

function checkSpread(
  candidate: CandidateId,
  { deviation, mean, episodes }: Pick<Score, 'mean' | 'deviation' | 'episodes'>,
) {
  if (deviation !== 0 || episodes < MIN_EPISODES) return [];
  const message =
    `@${candidate} returned exactly ${formatNumber(mean)} on each of ${formatQuantity(episodes, 'seed')}. ` +
    'That is one number and no sample: either this is the greatest possible return, or the environment ignores its seed.';
  return [createAlarm('zero_variance', candidate, message)];
}
