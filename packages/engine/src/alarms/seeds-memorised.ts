/** Training returns far above those on fresh seeds. */
import { findNearbyBounds } from '../acceptance/return-bounds';
import { computeScore } from '../acceptance/score';
import { formatNumber } from '../format-number';
import { requireCandidate } from '../state';
import { createAlarm, type AlarmRule } from './rule';

/**
 * Raises an alarm where the interval of a challenger's training returns lies above that of its score on fresh seeds. A mean
 * above the score is no reason: the best of a race has been lucky.
 */
export const checkMemorisedSeeds: AlarmRule = (event, state) => {
  if (event.type !== 'challenger_compared') return [];
  const { challenger, challengerScore } = event;
  const training = [...requireCandidate(state, challenger).training.values()];
  if (training.length === 0) return [];
  const trained = computeScore(training, findNearbyBounds(state), state.settings.acceptance.confidence);
  if (trained.low <= challengerScore.high) return [];
  const message =
    `@${challenger} returned ${formatNumber(trained.mean)} on ${training.length} training seeds and ` +
    `${formatNumber(challengerScore.mean)} on ${challengerScore.episodes} fresh ones, and the intervals are apart: it, or ` +
    'its author, may know the training seeds.';
  return [createAlarm('seeds_memorised', challenger, message)];
};
