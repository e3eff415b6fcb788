/** How new candidates enter a run: they race, the first champion is found among them, and a head that leads is shown to. */
import { countOutside } from '../acceptance/return-bounds';
import { countAffordableEpisodes, readBudgetLeft } from '../budget/budget';
import { estimateField } from '../choice/field';
import { scoreReturns } from '../choice/score-all-episodes';
import type { CandidateId } from '../events';
import { requireCandidate, type Candidate, type RunState } from '../state';
import { rejectBehaviouralDuplicates } from './behavioural-duplicates';
import { promoteChampion } from './challenge';
import { findChampion, findHead, type RunContext, type StageOutcome } from './context';
import { proveInPassing } from './prove';
import { race } from './race';
import { isSaturated } from './saturation';
import { MIN_TUNING_EPISODES, tuneConstants } from './tune-constants';

/** The structures of one generation that are tuned before they are judged. */
const MAX_STRUCTURES = 2;
/** Episodes that a short tuning takes for each constant, and at most. */
const EPISODES_EACH_CONSTANT = 12;
const MAX_SHORT_TUNING = 150;
/** The part of the episodes left that a short tuning may take. */
const SHORT_TUNING_SHARE = 0.15;

/**
 * Races new candidates. Where there is no champion yet, the author's baseline becomes the first one, or the first candidate
 * that plays: what is shown is shown against it. Where the head can be shown to be better at little cost, it is.
 */
export async function enterCandidates(
  context: RunContext,
  ids: readonly CandidateId[],
): Promise<StageOutcome> {
  const before = context.log.state.head;
  const entrants = await rejectBehaviouralDuplicates(context, ids);
  await race(context, entrants);
  if (findChampion(context.log.state) === null) await promoteFirst(context, entrants);
  await race(context, await tuneEntrants(context, entrants));
  await proveInPassing(context);
  return context.log.state.head === before ? 'no_change' : 'improved';
}

/**
 * Tunes the best new structures for a short while where the head is a tuned one: it would else be compared with what its
 * rivals are before anybody has looked for their constants.
 */
async function tuneEntrants(
  context: RunContext,
  ids: readonly CandidateId[],
): Promise<readonly CandidateId[]> {
  const { state } = context.log;
  const head = findHead(state);
  if (!state.settings.tune || head === null || !isTuned(state, head) || isSaturated(state)) return [];
  const { contenders = [] } = estimateField(state) ?? {};
  const structures = contenders
    .filter(({ candidate }) => ids.includes(candidate) && candidate !== head.id)
    .map((each) => ({ ...requireCandidate(state, each.candidate), mean: each.mean }))
    .filter(({ kind, tunable }) => kind === 'structural' && tunable > 0)
    .sort((one, other) => other.mean - one.mean || one.id - other.id);
  const tuned: CandidateId[] = [];
  for (const structure of structures.slice(0, Math.min(MAX_STRUCTURES, Math.ceil(structures.length / 2)))) {
    const episodes = countShortTuning(structure);
    const { steps } = readBudgetLeft(context.log.state);
    if (episodes > SHORT_TUNING_SHARE * countAffordableEpisodes(context.log.state)) break;
    const most = { episodes, steps: steps === null ? null : Math.floor(SHORT_TUNING_SHARE * steps) };
    tuned.push(...(await tuneConstants(context, structure, most)));
  }
  return tuned;
}

/** Whether a candidate or one that it was made of has tuned constants. */
function isTuned(state: RunState, { kind, parent }: Candidate): boolean {
  return kind === 'scalar' || (parent !== null && isTuned(state, requireCandidate(state, parent)));
}

function countShortTuning({ tunable }: Candidate): number {
  return Math.min(MAX_SHORT_TUNING, Math.max(MIN_TUNING_EPISODES, EPISODES_EACH_CONSTANT * tunable));
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
