/** Golden cases: which of them a candidate loses, by what it and the heads before it returned on them. */
import type { CandidateId } from '../events';
import { findAccepted } from './accepted';
import { requireCandidate, type Candidate, type EventOf, type GoldenReturns, type RunState } from '../state';

/** A golden case that a candidate loses. */
export type GoldenLoss = EventOf<'golden_played'>['losses'][number];

/** Whether the candidate has played the golden cases, where there are any. */
export function hasPlayedGolden(state: RunState, id: CandidateId): boolean {
  return state.settings.golden === undefined || requireCandidate(state, id).golden !== null;
}

/** Whether the candidate is refused as head: the user has rejected it, or it loses a golden case and the user has not accepted it. */
export function isRefused(state: RunState, candidate: Candidate): boolean {
  if (findAccepted(state) === candidate.id) return false;
  return candidate.isRejectedByUser || findGoldenLosses(state, candidate).length > 0;
}

/** Finds the golden cases that a candidate loses by now; none before it has played them. */
export function findGoldenLosses(state: RunState, { id, golden }: Candidate): readonly GoldenLoss[] {
  return golden === null ? [] : judgeGoldenReturns(state, id, golden);
}

/**
 * Finds the cases that are lost by these returns: below the declared bar or, without one, by more than the minimum effect below
 * the best return of the heads so far. One that was head is no later policy: it is judged by declared bars alone.
 */
export function judgeGoldenReturns(
  state: RunState,
  id: CandidateId,
  { returns, minEffect }: GoldenReturns,
): GoldenLoss[] {
  const heads = state.headHistory.some(({ candidate }) => candidate === id) ? [] : listStandingHeads(state);
  return (state.settings.golden ?? []).flatMap(({ atLeast, ...situation }, index): GoldenLoss[] => {
    const value = returns[index] ?? null;
    if (value === null) return [];
    if (atLeast !== undefined) return value < atLeast ? [{ ...situation, return: value, bar: atLeast }] : [];
    const best = findBestReturn(heads, index);
    const bar = best === null ? -Infinity : best.return - minEffect;
    return best === null || value >= bar ? [] : [{ ...situation, return: value, bar, best }];
  });
}

/**
 * Lists the heads that set bars. Those that gave way to an earlier head again have turned out to be no better than it, and one
 * that loses a declared bar is no measure.
 */
function listStandingHeads(state: RunState): readonly Candidate[] {
  const standing: CandidateId[] = [];
  for (const { candidate } of state.headHistory) {
    const before = standing.indexOf(candidate);
    if (before < 0) standing.push(candidate);
    else standing.length = before + 1;
  }
  return standing
    .map((id) => requireCandidate(state, id))
    .filter((candidate) => !isRefused(state, candidate));
}

function findBestReturn(heads: readonly Candidate[], index: number): NonNullable<GoldenLoss['best']> | null {
  return heads.reduce<NonNullable<GoldenLoss['best']> | null>((best, { id, golden }) => {
    const value = golden?.returns[index] ?? null;
    return value === null || (best !== null && best.return >= value)
      ? best
      : { candidate: id, return: value };
  }, null);
}
