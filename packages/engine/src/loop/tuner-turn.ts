/** The tuner's turn: the champion's `# tune:` constants. What it finds must win the title like any challenger. */
import { minimalGain } from '../acceptance/minimal-gain';
import { returnBounds } from '../acceptance/return-bounds';
import { affordableEpisodes, budgetLeft } from '../budget/budget';
import type { MethodResult } from '@policybook/protocol';
import type { CandidateId } from '../events';
import { seedsFor } from '../seeds';
import type { Candidate, EventOf, RunState } from '../state';
import { costOf, type Answered } from './bench';
import { challenge, comparisonNeeds } from './challenge';
import { champion, derivedLabel, provenChampion, textOf, type Context, type Outcome } from './context';
import { enter, type Offer } from './enter';
import { saturated } from './saturation';
import { rejectTwins } from './twins';

export interface TunerMemory {
  attempts: number;
  /** Proven champions whose constants were tuned and stayed. */
  readonly inVain: Set<CandidateId>;
}

export const freshTuner = (): TunerMemory => ({ attempts: 0, inVain: new Set() });

const mostAttempts = 3;
/** Part of the episodes left that one attempt may take, before its comparison. */
const tuningShare = 0.3;
/**
 * Its comparison may take all that one may at most: what tuning gains is small beside the range of returns and takes
 * hundreds of pairs to show, and the author has stalled for now.
 */
const comparisonShare = 1;
/** Fewer do not carry a covariance matrix through a handful of generations. */
const fewestEpisodes = 64;
/** Where episodes are unlimited. */
const mostEpisodes = 2000;

/** Tunes again for as long as it helps. */
export async function tunerTurn(context: Context, memory: TunerMemory): Promise<Outcome> {
  let gained = false;
  for (let subject = tunable(context.ledger.state, memory); subject !== null;) {
    const outcome = await attempt(context, subject);
    if (outcome === 'unaffordable') return gained ? 'gained' : outcome;
    memory.attempts++;
    const structure = provenChampion(context.ledger.state);
    if (outcome !== 'gained' && structure !== null) memory.inVain.add(structure.id);
    gained ||= outcome === 'gained';
    subject = tunable(context.ledger.state, memory);
  }
  return gained ? 'gained' : 'nothing';
}

function tunable(state: RunState, { attempts, inVain }: TunerMemory): Candidate | null {
  const subject = champion(state);
  if (subject === null || subject.tunable === 0 || !state.settings.tune) return null;
  const structure = provenChampion(state);
  if (structure === null || inVain.has(structure.id)) return null;
  return attempts >= mostAttempts || saturated(state) ? null : subject;
}

async function attempt(context: Context, subject: Candidate): Promise<Outcome> {
  const { state } = context.ledger;
  const affordable = affordableEpisodes(state);
  const episodes = Math.min(mostEpisodes, Math.floor(tuningShare * affordable));
  if (episodes < fewestEpisodes || affordable - episodes < comparisonNeeds(state)) return 'unaffordable';
  context.announce(`tuning ${subject.tunable} constants of @${subject.id}`);
  const [seed = 0] = seedsFor(state.settings.seed, ['tuning', subject.hash], 1);
  let answer: Promise<Answered<MethodResult<'tune'>>> | null = null;
  const { steps } = budgetLeft(state);
  const most = { episodes, steps: steps === null ? null : Math.floor(tuningShare * steps) };
  const ask = () => (answer ??= context.bench.tune(textOf(context, subject.id), seed, most));
  const [event] = await context.ledger.barrier(1, ['tuner_finished'], async () => [
    finished(subject, await ask()),
  ]);
  if (event === undefined || event.generations.length === 0) return 'nothing';
  const entered = await enter(context, 1, async () => offers(subject, await ask()));
  const [tuned] = await rejectTwins(context, entered);
  const defender = provenChampion(context.ledger.state);
  if (tuned === undefined || defender === null) return 'nothing';
  const margin = minimalGain(context.ledger.state, returnBounds(context.ledger.state));
  const match = {
    challenger: tuned,
    defender: defender.id,
    test: 'gain',
    margin,
    share: comparisonShare,
  } as const;
  return challenge(context, match);
}

/** No generations stand for a policy that could not be tuned. */
function finished(subject: Candidate, answer: Answered<MethodResult<'tune'>>): EventOf<'tuner_finished'> {
  const { generations, spent } = answer.ok
    ? answer.value
    : { generations: [], spent: { episodes: 0, steps: 0, modelSteps: 0 } };
  return { type: 'tuner_finished', candidate: subject.id, generations, cost: costOf(spent) };
}

function offers(subject: Candidate, answer: Answered<MethodResult<'tune'>>): Offer[] {
  if (!answer.ok) return [];
  const { source } = answer.value;
  const idea = `The constants of @${subject.id}, tuned.`;
  return [{ kind: 'scalar', label: derivedLabel(subject.label, 'tuned'), idea, source }];
}
