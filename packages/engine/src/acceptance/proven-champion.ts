/** Which champion gains are counted from. */
import type { CandidateId } from '../events';
import type { RunState } from '../state';

/**
 * Finds the last champion whose gain was shown, not one that was promoted for its smaller text; `undefined` before the
 * first. So every gain is a gain over the one before it, and what simplifications cost cannot add up.
 */
export function findLatestProven({
  championHistory,
  candidates,
}: Pick<RunState, 'championHistory' | 'candidates'>): CandidateId | undefined {
  return championHistory.findLast(
    ({ candidate, kind }) => kind !== 'simplification' || candidates.get(candidate)?.verdict === 'better',
  )?.candidate;
}
