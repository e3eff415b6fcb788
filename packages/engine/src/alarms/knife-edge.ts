/** A score that lasts only as long as every constant is exactly what it is. */
import { formatQuantity } from '@policybook/protocol';
import { findNearbyBounds } from '../acceptance/return-bounds';
import type { RunState } from '../state';
import { formatNumber } from '../format-number';
import { createAlarm, type AlarmRule } from './rule';

/** The part of what was gained on the first champion that a policy may lose. */
const TOLERATED_SHARE = 0.1;
/** The part of the range of returns that it may lose while nothing was gained. */
const TOLERATED_RANGE_SHARE = 0.05;

/** Raises an alarm where the champion loses much of its gain when its constants move a little. */
export const checkKnifeEdge: AlarmRule = (event, state) => {
  if (event.type !== 'constants_jittered') return [];
  const { candidate, difference, score, part } = event;
  if (difference.high >= 0 || -difference.mean <= computeToleratedLoss(state)) return [];
  const message =
    `with all constants of @${candidate} moved together by up to ${formatNumber(100 * part)} % of their ranges it keeps ` +
    `${formatNumber(score.mean)} [${formatNumber(score.low)}, ${formatNumber(score.high)}], ${formatNumber(difference.mean)} ` +
    `[${formatNumber(difference.low)}, ${formatNumber(difference.high)}] compared with the text as written over ${formatQuantity(difference.episodes, 'pair')}: ` +
    'its score depends on the exact constants.';
  return [createAlarm('knife_edge', candidate, message)];
};

function computeToleratedLoss(state: RunState): number {
  const [first, last] = [state.championHistory[0], state.championHistory.at(-1)];
  const gained = (last?.score.mean ?? 0) - (first?.score.mean ?? 0);
  const { low, high } = findNearbyBounds(state);
  return gained > 0 ? TOLERATED_SHARE * gained : TOLERATED_RANGE_SHARE * (high - low);
}
