/** How many episodes a run that is learned again plays where time had cut the other one short. */
import type { CandidateId, RunEvent } from '../events';
import type { PlannedPlay } from '../choice/plan-round';

/**
 * Returns what shortens a play to what the other run played of it: there the time left may have been too short for all of the
 * planned episodes, and the clocks of a repetition decide nothing.
 */
export function createPlayLimit(reproduced: readonly RunEvent[]): (play: PlannedPlay) => PlannedPlay {
  const played = new Map<CandidateId, number>();
  const counts = new Map<string, number>();
  for (const event of reproduced) {
    if (event.type !== 'candidate_raced') continue;
    const from = played.get(event.candidate) ?? 0;
    counts.set(`${event.candidate} ${from}`, event.played.returns.length);
    played.set(event.candidate, from + event.played.returns.length);
  }
  return (play) => {
    const count = counts.get(`${play.candidate} ${play.from}`);
    return count === undefined || count === 0 ? play : { ...play, count: Math.min(play.count, count) };
  };
}
