/**
 * The simplifier's turn: a smaller text of the champion. What acts the same takes the title for free; what acts
 * differently must not be worse than the policy before any simplification, by one margin for the whole run, so
 * that small losses cannot add up.
 */
import { minimalGain } from '../acceptance/minimal-gain';
import { returnBounds } from '../acceptance/return-bounds';
import { affordableEpisodes, budgetLeft, longestEpisode } from '../budget/budget';
import type { MethodResult } from '@policybook/protocol';
import type { CandidateId } from '../events';
import { seedsFor } from '../seeds';
import type { Candidate, EventOf, RunState } from '../state';
import { costOf, type Answered } from './bench';
import { challenge, crown, withinReach, type Match } from './challenge';
import {
  candidateOf,
  champion,
  derivedLabel,
  provenChampion,
  textOf,
  type Context,
  type Outcome,
} from './context';
import { enter, type Offer } from './enter';

export interface SimplifierMemory {
  /** Champions that were looked at. */
  readonly done: Set<CandidateId>;
  margin: number | null;
}

export const freshSimplifier = (): SimplifierMemory => ({ done: new Set(), margin: null });

/** Seeds whose trajectories must not change: 30 have missed falls. */
const trajectories = 100;
const fewestTrajectories = 32;
/** Part of the episodes left for the trajectories, and for each variant of what a comparison may take. */
const trajectoriesShare = 0.25;
const variantShare = 0.5;
/** Variants that are worth episodes in one round. */
const mostVariants = 3;

/** Simplifies again for as long as a variant was accepted, because that opens new edits. */
export async function simplifierTurn(context: Context, memory: SimplifierMemory): Promise<Outcome> {
  let gained = false;
  for (let subject = untouched(context.ledger.state, memory); subject !== null;) {
    const outcome = await simplifyOnce(context, memory, subject);
    if (outcome === 'unaffordable') return gained ? 'gained' : outcome;
    memory.done.add(subject.id);
    gained ||= outcome === 'gained';
    subject = untouched(context.ledger.state, memory);
  }
  return gained ? 'gained' : 'nothing';
}

function untouched(state: RunState, { done }: SimplifierMemory): Candidate | null {
  const subject = champion(state);
  return subject === null || !state.settings.simplify || done.has(subject.id) ? null : subject;
}

async function simplifyOnce(
  context: Context,
  memory: SimplifierMemory,
  subject: Candidate,
): Promise<Outcome> {
  const { state } = context.ledger;
  const count = Math.min(
    trajectories,
    Math.floor(trajectoriesShare * affordableEpisodes(state)),
    Math.floor((budgetLeft(state).steps ?? Infinity) / longestEpisode(state.facts)),
  );
  if (count < fewestTrajectories) return 'unaffordable';
  context.announce(`simplifying @${subject.id}`);
  const seeds = seedsFor(state.settings.seed, ['simplification', subject.hash], count);
  let answer: Promise<Answered<MethodResult<'simplify'>>> | null = null;
  const ask = () => (answer ??= context.bench.simplify(textOf(context, subject.id), seeds));
  const [event] = await context.ledger.barrier(1, ['simplifier_finished'], async () => [
    finished(subject, count, await ask()),
  ]);
  if (event === undefined) return 'nothing';
  const identical = event.identicalEdits.length > 0;
  memory.margin ??= minimalGain(state, returnBounds(state));
  const trial = { test: 'noninferiority', margin: memory.margin, share: variantShare } as const;
  const variants = withinReach(context, trial) ? Math.min(mostVariants, event.variants) : 0;
  const firstId = state.candidates.size + 1;
  const ids = await enter(context, (identical ? 1 : 0) + variants, async () =>
    offers(subject, await ask(), variants),
  );
  const same = identical ? ids.find((id) => Number(id) === firstId) : undefined;
  if (same !== undefined) await takeIdentical(context, memory, subject, same);
  const variantIds = ids.filter((id) => id !== same);
  const replaced = await tryVariants(context, trial, variantIds);
  return same !== undefined || replaced ? 'gained' : 'nothing';
}

async function takeIdentical(
  context: Context,
  memory: SimplifierMemory,
  subject: Candidate,
  same: CandidateId,
): Promise<void> {
  const { score } = candidateOf(context.ledger.state, subject.id);
  if (score !== null) await crown(context, same, score);
  memory.done.add(same);
}

/** Tests variants in the simplifier's order; the first that is accepted ends the round. */
async function tryVariants(
  context: Context,
  trial: Pick<Match, 'test' | 'margin' | 'share'>,
  variants: readonly CandidateId[],
): Promise<boolean> {
  const defender = provenChampion(context.ledger.state);
  if (defender === null) return false;
  for (const challenger of variants) {
    if (!withinReach(context, trial)) return false;
    const outcome = await challenge(context, { ...trial, challenger, defender: defender.id });
    if (outcome !== 'nothing') return outcome === 'gained';
  }
  return false;
}

/** A champion that fails in one of `episodes` is left as it is, and all of them are charged. */
function finished(
  subject: Candidate,
  episodes: number,
  answer: Answered<MethodResult<'simplify'>>,
): EventOf<'simplifier_finished'> {
  if (!answer.ok) {
    const cost = costOf({ episodes, steps: 0, modelSteps: 0 });
    return { type: 'simplifier_finished', candidate: subject.id, identicalEdits: [], variants: 0, cost };
  }
  const { identical, variants, spent } = answer.value;
  return {
    type: 'simplifier_finished',
    candidate: subject.id,
    identicalEdits: identical?.edits ?? [],
    variants: variants.length,
    cost: costOf(spent),
  };
}

function offers(subject: Candidate, answer: Answered<MethodResult<'simplify'>>, count: number): Offer[] {
  if (!answer.ok) return [];
  const { identical, variants } = answer.value;
  const label = derivedLabel(subject.label, 'simplified');
  const same: Offer[] =
    identical === null || identical.edits.length === 0
      ? []
      : [{ kind: 'simplification', label, idea: identical.edits.join('; '), source: identical.source }];
  const others = variants.slice(0, count).map((variant): Offer => {
    const idea = `@${subject.id} with other actions here and there.`;
    return { kind: 'simplification', label: variant.label, idea, source: variant.source };
  });
  return [...same, ...others];
}
