/** The decision which candidates of a generation go on playing training seeds. */
import type { CandidateId } from '../events';

export interface RaceEntry {
  readonly candidate: CandidateId;
  /** Returns so far; the same seeds in the same order for all that are in the race. */
  readonly returns: readonly number[];
}

export interface Racing {
  /**
   * Who is dropped after a round. `reference` is the mean return that a candidate must be able to beat, `null`
   * before there is a champion; `range` is from the least to the greatest return that an episode may have.
   * Deterministic, and independent of the order of `standings` but for exact ties.
   */
  findDropped(standings: readonly RaceEntry[], reference: number | null, range: number): ReadonlySet<CandidateId>;
}
