/** Two candidates seed by seed. */
import type { ReturnBounds } from '../acceptance/return-bounds';
import { scorePairs } from '../acceptance/score';
import type { CandidateId, Score } from '../events';
import { requireCandidate, type RunState } from '../state';
import { collectReturns, type UnrecordedReturns } from './contenders';

/** Returns of two candidates on common seeds, pair by pair. */
export interface CandidatePairs {
  readonly values: readonly number[];
  readonly others: readonly number[];
}

/** Collects all pairs, in the order in which the first candidate has played their seeds. */
export function collectPairs(
  state: RunState,
  one: CandidateId,
  other: CandidateId,
  unrecorded: UnrecordedReturns = new Map(),
): CandidatePairs {
  return pairReturns(
    collectReturns(state, requireCandidate(state, one), unrecorded),
    collectReturns(state, requireCandidate(state, other), unrecorded),
  );
}

/** Collects the pairs on fresh seeds alone: those of comparisons. */
export function collectFreshPairs(state: RunState, one: CandidateId, other: CandidateId): CandidatePairs {
  return pairReturns(requireCandidate(state, one).fresh, requireCandidate(state, other).fresh);
}

/** Pairs the returns on the seeds that both maps have. */
export function pairReturns(
  returns: ReadonlyMap<number, number>,
  against: ReadonlyMap<number, number>,
): CandidatePairs {
  const pairs = [...returns].flatMap(([seed, value]) => {
    const other = against.get(seed);
    return other === undefined ? [] : [{ value, other }];
  });
  return { values: pairs.map(({ value }) => value), others: pairs.map(({ other }) => other) };
}

/** Scores the paired difference of two candidates on the seeds that both have played; `null` where there are none. */
export function scoreDifference(
  state: RunState,
  { values, others }: CandidatePairs,
  bounds: ReturnBounds,
): Score | null {
  return values.length === 0
    ? null
    : scorePairs(values, others, bounds, state.settings.acceptance.confidence);
}
