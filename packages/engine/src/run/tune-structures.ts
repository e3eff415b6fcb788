/**
 * New structures are tuned before they are judged by a tuned head: it would else be compared with what its rivals are before
 * anybody has looked for their constants. By successive halving: the better half of them is tuned again, for longer.
 */
import { findMinEffect } from '../acceptance/min-effect';
import { countAffordableEpisodes } from '../budget/budget';
import { estimateField, type Field } from '../choice/field';
import type { CandidateId } from '../events';
import { requireCandidate, type Candidate, type RunState } from '../state';
import { findHead, type RunContext } from './context';
import { LEAST_GAIN_SHARE, race } from './race';
import { isSaturated } from './saturation';
import { MIN_TUNING_EPISODES, tuneConstants } from './tune-constants';

/** The structures of one generation that are tuned at most. */
const MAX_STRUCTURES = 4;
/** How often the best of them are tuned. */
const MAX_RUNGS = 3;
/** Episodes that a first tuning takes for each constant, and at most; each further one takes twice as many. */
const EPISODES_EACH_CONSTANT = 12;
const MAX_SHORT_TUNING = 150;
/** The part of its way to the head that a tuning brings a structure which is tuned again. */
const PROMISING_SHARE = 0.25;
/** The part of the episodes left that a short tuning may take. */
const SHORT_TUNING_SHARE = 0.15;

/** Tunes the best of `ids` where the head is tuned, and `retunings`; what that makes of them races. */
export async function tuneStructures(
  context: RunContext,
  ids: readonly CandidateId[],
  retunings: readonly CandidateId[],
): Promise<void> {
  const { state } = context.log;
  if (!state.settings.tune || isSaturated(state)) return;
  const head = findHead(state);
  const structures = head !== null && isTuned(state, head) ? rankStructures(state, ids) : [];
  let subjects = [...retunings.map((id) => requireCandidate(state, id)), ...takeHalf(structures)];
  for (let rung = 0; rung < MAX_RUNGS && subjects.length > 0; rung++) {
    const tuned = await tuneEach(context, subjects.slice(0, MAX_STRUCTURES), 2 ** rung);
    await race(context, tuned);
    subjects = takeHalf(rankStructures(context.log.state, tuned));
  }
}

/** Tunes each for `factor` times its episodes, where what is left carries that. */
async function tuneEach(
  context: RunContext,
  subjects: readonly Candidate[],
  factor: number,
): Promise<readonly CandidateId[]> {
  const tuned: CandidateId[] = [];
  for (const subject of subjects) {
    const { state } = context.log;
    const episodes = factor * countShortTuning(subject);
    if (episodes > SHORT_TUNING_SHARE * countAffordableEpisodes(state)) break;
    tuned.push(...(await tuneConstants(context, subject, { episodes, share: SHORT_TUNING_SHARE })));
  }
  return tuned;
}

function takeHalf<T>(ranked: readonly T[]): T[] {
  return ranked.slice(0, Math.ceil(ranked.length / 2));
}

/** Ranks those of `ids` that have constants to tune, and of tuned ones those that might yet be better than the head. */
function rankStructures(state: RunState, ids: readonly CandidateId[]): Candidate[] {
  const field = estimateField(state);
  if (field === null) return [];
  const leastGain = LEAST_GAIN_SHARE * findMinEffect(state, field.bounds);
  return field.contenders
    .filter((each) => ids.includes(each.candidate) && each !== field.head)
    .sort((one, other) => other.mean - one.mean || one.candidate - other.candidate)
    .map(({ candidate, gain }) => ({ candidate: requireCandidate(state, candidate), gain }))
    .filter(({ candidate, gain }) => gain >= leastGain || isPromising(field, candidate))
    .map(({ candidate }) => candidate)
    .filter(({ tunable }) => tunable > 0);
}

/**
 * Whether tuning may bring a candidate to the head although it is far behind: its constants were not looked for, so that its score
 * says little, or the last tuning has brought it a good part of the way.
 */
function isPromising({ contenders, head }: Field, { id, kind, parent }: Candidate): boolean {
  if (kind !== 'scalar') return true;
  const [tuned, before] = [id, parent].map((each) => contenders.find(({ candidate }) => candidate === each));
  if (tuned === undefined || before === undefined) return false;
  return tuned.mean - before.mean >= PROMISING_SHARE * (head.mean - before.mean);
}

/** Whether a candidate's constants were looked for, or those of one that it was made of. */
function isTuned(state: RunState, { kind, tuned, parent }: Candidate): boolean {
  return tuned || kind === 'scalar' || (parent !== null && isTuned(state, requireCandidate(state, parent)));
}

function countShortTuning({ tunable }: Candidate): number {
  return Math.min(MAX_SHORT_TUNING, Math.max(MIN_TUNING_EPISODES, EPISODES_EACH_CONSTANT * tunable));
}
