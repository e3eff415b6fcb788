/**
 * Ranks the candidates of a race by mean returns and drops the worse part, and what is hopeless: so far behind that not even crashes which
 * were not seen yet could make up for it.
 *
 * Standard errors alone do not say what is hopeless. Where crashes are rare, few returns agree and their errors are
 * small, but an event that did not happen in n episodes may still happen in 3 of n (at 95 %) and cost the whole range.
 */
import { computeMean, summarise } from '../acceptance/score';
import type { CandidateId } from '../events';

/** A candidate in a race. */
export interface RaceEntry {
  readonly candidate: CandidateId;
  /** The returns so far, on the same seeds in the same order for all that are in the race. */
  readonly returns: readonly number[];
}

/** The part that goes on: what the others save nearly pays for the survivors' doubled seeds. */
const SURVIVOR_SHARE = 0.6;
/** The number that goes on at least, so that a candidate that is not hopeless has another one to race with. */
const MIN_SURVIVORS = 2;
/** Standard errors that are taken off a gap before it is called hopeless. */
const HOPELESS_STANDARD_ERRORS = 2;
/** Episodes in which something may still happen that has not happened, whatever their number, at 95 %. */
const UNSEEN_EPISODES_RULE_OF_THREE = 3;

/** Ranks candidates: the best mean first, the earlier of two equals. */
export function rankByMean(entries: readonly RaceEntry[]): CandidateId[] {
  return sortByMean(entries).map(({ candidate }) => candidate);
}

/**
 * Finds the candidates that are dropped after a round. `championMean` is the mean return that a candidate must be able to
 * beat, `null` before there is a champion; `range` is from the least to the greatest return that an episode may have.
 * Deterministic, and independent of the order of `entries`.
 */
export function findDropped(
  entries: readonly RaceEntry[],
  championMean: number | null,
  range: number,
): ReadonlySet<CandidateId> {
  const ranked = sortByMean(entries);
  const most = Math.max(MIN_SURVIVORS, Math.ceil(SURVIVOR_SHARE * ranked.length));
  const leader = ranked[0];
  const dropped = new Set<CandidateId>();
  if (leader === undefined) return dropped;
  ranked.forEach((entry, rank) => {
    const { candidate, returns } = entry;
    const isBehindLeader = isFutile(pairGaps(leader, entry), range);
    const isBehindChampion =
      championMean !== null &&
      isFutile(
        returns.map((value) => championMean - value),
        range,
      );
    if (rank >= most || isBehindLeader || isBehindChampion) dropped.add(candidate);
  });
  return dropped;
}

function sortByMean(entries: readonly RaceEntry[]): RaceEntry[] {
  return entries
    .map((entry) => ({ entry, mean: computeMean(entry.returns) }))
    .sort((a, b) => b.mean - a.mean || a.entry.candidate - b.entry.candidate)
    .map(({ entry }) => entry);
}

function pairGaps(leader: RaceEntry, entry: RaceEntry): number[] {
  return entry.returns.map((value, index) => (leader.returns[index] ?? value) - value);
}

function isFutile(gaps: readonly number[], range: number): boolean {
  const { mean, deviation, episodes } = summarise(gaps, 0, 0);
  const noise = (HOPELESS_STANDARD_ERRORS * deviation) / Math.sqrt(episodes);
  return mean - noise > (UNSEEN_EPISODES_RULE_OF_THREE / episodes) * range;
}
