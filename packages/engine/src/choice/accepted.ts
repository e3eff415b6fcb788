/**
 * The candidate that the user has accepted as the run's result. The user has chosen it among all that was there, so that of those
 * nothing else is head until that is taken back; what comes later follows the run's own rule.
 */
import type { CandidateId } from '../events';
import type { Candidate, RunState } from '../state';

/** Finds what the user has accepted; `null` where that is nothing, or has failed since. */
export function findAccepted({ accepted, candidates }: RunState): CandidateId | null {
  if (accepted === null || candidates.get(accepted.candidate)?.verdict === 'rejected') return null;
  return accepted.candidate;
}

/** Whether the user has accepted another candidate while this one was there. */
export function isPassedOver(state: RunState, { id }: Pick<Candidate, 'id'>): boolean {
  const chosen = findAccepted(state);
  return chosen !== null && id !== chosen && id <= (state.accepted?.among ?? 0);
}
