/** Returns outside the bounds that every interval takes for granted. */
import { countOutside, findReturnBounds } from '../acceptance/return-bounds';
import type { CandidateId } from '../events';
import { formatNumber } from '../format-number';
import { createAlarm, type AlarmRule } from './rule';

/** Raises an alarm for each candidate that had returns outside the bounds. */
export const checkBounds: AlarmRule = (event, state) => {
  if (event.type === 'challenger_compared' && event.pairs !== undefined) {
    const { bounds, pairs, challenger, champion } = event;
    return [
      ...findOutside(challenger, pairs.challenger, bounds),
      ...findOutside(champion, pairs.champion, bounds),
    ];
  }
  if (event.type !== 'champion_promoted' || event.played === undefined) return [];
  return findOutside(event.candidate, event.played.returns, findReturnBounds(state));
};

function findOutside(
  candidate: CandidateId,
  returns: readonly number[],
  bounds: { readonly low: number; readonly high: number; readonly assumed: boolean },
) {
  const outside = countOutside(returns, bounds);
  if (outside === 0) return [];
  const message =
    `${outside} of ${returns.length} returns of @${candidate} lie outside ${formatNumber(bounds.low)} to ` +
    `${formatNumber(bounds.high)}, the ${bounds.assumed ? 'assumed' : 'declared'} bounds, and were clipped: its interval is ` +
    `that of clipped returns.`;
  return [createAlarm('outside_bounds', candidate, message)];
}
