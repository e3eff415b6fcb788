/** The minimum effect, δ: where a comparison gives up, and what a simplification may lose. */
import type { RunState } from '../state';
import type { ReturnBounds } from './return-bounds';

/** The minimum effect as a part of the progress since the first champion. */
const PROGRESS_SHARE = 0.02;
/** The part of the range of returns that keeps δ above zero while there is no progress yet. */
const RANGE_SHARE = 0.0025;

/** Finds the minimum effect, in return: as declared, else 2 % of what champion or head gained on the first champion, and at least 0.25 % of the range. */
export function findMinEffect(state: RunState, bounds: ReturnBounds): number {
  if (state.settings.acceptance.minEffect !== null) return state.settings.acceptance.minEffect;
  const first = state.championHistory[0];
  if (first === undefined) return RANGE_SHARE * (bounds.high - bounds.low);
  const reached = Math.max(
    state.championHistory.at(-1)?.score.mean ?? -Infinity,
    state.headHistory.at(-1)?.estimate ?? -Infinity,
  );
  return Math.max(PROGRESS_SHARE * (reached - first.score.mean), RANGE_SHARE * (bounds.high - bounds.low));
}
