/** The returns of two candidates on the seeds that both have played. */
import { collectReturns, type UnrecordedReturns } from '../choice/field';
import type { CandidateId } from '../events';
import { requireCandidate, type RunState } from '../state';

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
  const [returns, against] = [one, other].map((id) =>
    collectReturns(state, requireCandidate(state, id), unrecorded),
  );
  return pairReturns(returns ?? new Map(), against ?? new Map());
}

/** Collects the pairs on fresh seeds alone: those of comparisons. */
export function collectFreshPairs(state: RunState, one: CandidateId, other: CandidateId): CandidatePairs {
  return pairReturns(requireCandidate(state, one).fresh, requireCandidate(state, other).fresh);
}

function pairReturns(
  returns: ReadonlyMap<number, number>,
  against: ReadonlyMap<number, number>,
): CandidatePairs {
  const pairs = [...returns].flatMap(([seed, value]) => {
    const other = against.get(seed);
    return other === undefined ? [] : [{ value, other }];
  });
  return { values: pairs.map(({ value }) => value), others: pairs.map(({ other }) => other) };
}
