/** How new candidates enter a run: they race, the first champion is found among them, and a head that leads is shown to. */
import { countOutside } from '../acceptance/return-bounds';
import { estimateField } from '../choice/field';
import { scoreReturns } from '../choice/score-all-episodes';
import type { CandidateId } from '../events';
import { requireCandidate } from '../state';
import { rejectBehaviouralDuplicates } from './behavioural-duplicates';
import { promoteChampion } from './challenge';
import { findChampion, type RunContext, type StageOutcome } from './context';
import { race } from './race';
import { tuneStructures } from './tune-structures';

/**
 * Races new candidates. Where there is no champion yet, the author's baseline becomes the first one, or the first candidate
 * that plays: what is shown is shown against it. Where the head can be shown to be better at little cost, it is. Of `retunings` the
 * author wants other constants tuned: see `listRetunings`.
 */
export async function enterCandidates(
  context: RunContext,
  ids: readonly CandidateId[],
  retunings: readonly CandidateId[] = [],
): Promise<StageOutcome> {
  const before = context.log.state.head;
  const entrants = await rejectBehaviouralDuplicates(context, ids);
  await race(context, entrants);
  if (findChampion(context.log.state) === null) await promoteFirst(context, entrants);
  await tuneStructures(context, entrants, retunings);
  return context.log.state.head === before ? 'no_change' : 'improved';
}

/** Promotes a first champion, with the score of its race: it was not chosen by that. */
async function promoteFirst(context: RunContext, ids: readonly CandidateId[]): Promise<void> {
  const { state } = context.log;
  const playing = ids
    .map((id) => requireCandidate(state, id))
    .filter(({ verdict, training }) => verdict !== 'rejected' && training.size > 0);
  const field = estimateField(state);
  // One that runs away is no measure for the others.
  const near = playing.filter(
    ({ training }) => field !== null && countOutside([...training.values()], field.bounds) === 0,
  );
  const first = playing.find(({ baseline }) => baseline) ?? near[0] ?? playing[0];
  if (first === undefined) return;
  await promoteChampion(context, first.id, scoreReturns(state, first, [...first.training.values()]));
}
