/** Training returns far above those on fresh seeds. */
import { findReturnBounds } from '../acceptance/return-bounds';
import { computeScore } from '../acceptance/score';
import { requireCandidate } from '../run/context';
import { createAlarm, formatNumber, type AlarmRule } from './rule';

/** The best of a race is lucky; only intervals that do not meet are more than that. */
export const seedsMemorised: AlarmRule = (event, state) => {
  if (event.type !== 'challenger_compared') return [];
  const { challenger, challengerScore } = event;
  const training = [...requireCandidate(state, challenger).training.values()];
  if (training.length === 0) return [];
  const trained = computeScore(training, findReturnBounds(state), state.settings.acceptance.confidence);
  if (trained.low <= challengerScore.high) return [];
  const message =
    `@${challenger} returned ${formatNumber(trained.mean)} on ${training.length} training seeds and ` +
    `${formatNumber(challengerScore.mean)} on ${challengerScore.episodes} fresh ones, and the intervals are apart: it, or ` +
    'its author, may know the training seeds.';
  return [createAlarm('seeds_memorised', challenger, message)];
};
