/** Which candidates play next, on which of the common seeds. */
import type { CandidateId } from '../events';
import type { RunState } from '../state';
import { listAlike } from './contenders';
import type { Contender, Field } from './field';

/** Episodes that one candidate is to play: `count` common seeds from position `from` on. */
export interface PlannedPlay {
  readonly candidate: CandidateId;
  readonly from: number;
  readonly count: number;
}

/** What a round may take, and what must be to gain by it. */
export interface RoundLimits {
  /** The least expected gain, in return, that is worth episodes. */
  readonly leastGain: number;
  readonly episodes: number;
}

/** Candidates whose expected gain is at least this part of the greatest play in the same round. */
const ROUND_SHARE = 0.7;
/** How much longer a candidate's episodes become by a round, as a part of those before. */
const GROWTH = 0.5;
/** Episodes of a candidate in a round at least. */
const MIN_EPISODES = 2;

/**
 * Plans a round: those whose expected gain is greatest play on, until they have played as many common seeds as the head; one
 * that has played more waits for the head. Empty where nothing is worth an episode.
 */
export function planRound(state: RunState, field: Field, limits: RoundLimits): readonly PlannedPlay[] {
  const { contenders, head } = field;
  const greatest = Math.max(...contenders.map(({ gain }) => gain));
  if (greatest < limits.leastGain || greatest <= 0) return [];
  const rivals = contenders.filter((each) => each !== head && each.gain >= ROUND_SHARE * greatest);
  const plan: PlannedPlay[] = [];
  const ofHead = countPlayed(state, head);
  let headCount = 0;
  for (const rival of rivals.sort((one, other) => other.gain - one.gain)) {
    const from = countPlayed(state, rival);
    const more = Math.max(MIN_EPISODES, Math.floor(GROWTH * Math.min(from, ofHead)));
    if (from > ofHead) headCount = Math.max(headCount, Math.min(from - ofHead, more));
    else {
      const count = from === ofHead ? more : Math.min(ofHead - from, more);
      plan.push({ candidate: rival.candidate, from, count });
      if (from === ofHead) headCount = Math.max(headCount, count);
    }
  }
  if (headCount > 0) plan.unshift({ candidate: head.candidate, from: ofHead, count: headCount });
  return fitEpisodes(plan, limits.episodes);
}

/** Counts the common seeds that a candidate has played, or a text that it acts like; they are the first of their stream. */
function countPlayed(state: RunState, { candidate }: Contender): number {
  return listAlike(state, candidate).reduce((sum, { training }) => sum + training.size, 0);
}

/** Leaves out what does not fit into so many episodes; the last play that does may be shortened. */
function fitEpisodes(plan: readonly PlannedPlay[], episodes: number): readonly PlannedPlay[] {
  let left = episodes;
  return plan.flatMap((play) => {
    const count = Math.min(play.count, left);
    left -= count;
    return count > 0 ? [{ ...play, count }] : [];
  });
}
