/**
 * Drops the worse part of the field, by mean, and who is hopeless: so far behind that not even crashes which were not
 * seen yet could make up for it.
 *
 * Standard errors alone do not say who is hopeless. Where crashes are rare, few returns agree and their errors are
 * small, but an event that did not happen in n episodes may still happen in 3 of n (at 95 %) and cost the whole range.
 */
import { meanOf, summarise } from '../acceptance/score';
import type { CandidateId } from '../events';
import type { Racing, RaceEntry } from './racing';

/** Part that goes on: a survivor's doubled seeds are then nearly paid for. */
const SURVIVOR_SHARE = 0.6;
/** Who is not hopeless races to the end with one other. */
const MIN_SURVIVORS = 2;
const HOPELESS_STANDARD_ERRORS = 2;
const UNSEEN_EPISODES_RULE_OF_THREE = 3;

export const rankingRace: Racing = {
  findDropped(standings, reference, range) {
    const ranked = [...standings].sort((a, b) => meanReturn(b) - meanReturn(a) || a.candidate - b.candidate);
    const most = Math.max(MIN_SURVIVORS, Math.ceil(SURVIVOR_SHARE * ranked.length));
    const leader = ranked[0];
    const dropped = new Set<CandidateId>();
    if (leader === undefined) return dropped;
    ranked.forEach((standing, rank) => {
      const { candidate, returns } = standing;
      const behindLeader = hopeless(pairedGaps(leader, standing), range);
      const behindChampion =
        reference !== null &&
        hopeless(
          returns.map((value) => reference - value),
          range,
        );
      if (rank >= most || behindLeader || behindChampion) dropped.add(candidate);
    });
    return dropped;
  },
};

function meanReturn(standing: RaceEntry): number {
  return meanOf(standing.returns);
}

function pairedGaps(leader: RaceEntry, standing: RaceEntry): number[] {
  return standing.returns.map((value, index) => (leader.returns[index] ?? value) - value);
}

function hopeless(gaps: readonly number[], range: number): boolean {
  const { mean, deviation, episodes } = summarise(gaps, 0, 0);
  const noise = (HOPELESS_STANDARD_ERRORS * deviation) / Math.sqrt(episodes);
  return mean - noise > (UNSEEN_EPISODES_RULE_OF_THREE / episodes) * range;
}
