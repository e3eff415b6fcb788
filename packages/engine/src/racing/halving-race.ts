/** Drops who is hopeless, and at least half of those who are left: a survivor's doubled seeds are then paid for. */
import { meanOf, summarised } from '../acceptance/score';
import type { CandidateId } from '../events';
import type { Racing, Standing } from './racing';

/** Standard errors behind that count as hopeless; racing may err, the comparison afterwards may not. */
const hopelessErrors = 2;
/** Fewer returns have not met the rare crashes that decide between candidates that are all good. */
const fewestReturns = 16;

export const halvingRace: Racing = {
  dropped(standings, reference) {
    const ranked = [...standings].sort((a, b) => meanReturn(b) - meanReturn(a) || a.candidate - b.candidate);
    const leader = ranked[0];
    const dropped = new Set<CandidateId>();
    if (leader === undefined) return dropped;
    const kept = Math.ceil(ranked.length / 2);
    ranked.forEach((standing, rank) => {
      const gaps = pairedGaps(leader, standing);
      const behindLeader = gaps.length >= fewestReturns && hopeless(gaps);
      const behindChampion = reference !== null && hopeless(standing.returns.map((r) => reference - r));
      if (rank >= kept || behindLeader || behindChampion) dropped.add(standing.candidate);
    });
    return dropped;
  },
};

function meanReturn(standing: Standing): number {
  return meanOf(standing.returns);
}

function pairedGaps(leader: Standing, standing: Standing): number[] {
  return standing.returns.map((value, index) => (leader.returns[index] ?? value) - value);
}

function hopeless(gaps: readonly number[]): boolean {
  const { mean, deviation, episodes } = summarised(gaps, 0, 0);
  return mean > (hopelessErrors * deviation) / Math.sqrt(episodes);
}
