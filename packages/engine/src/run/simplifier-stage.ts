/**
 * The simplifier's turn: a smaller text of the champion. What acts the same is promoted for free; what acts
 * differently must not be worse than the policy before any simplification, by one margin for the whole run, so
 * that small losses cannot add up.
 */
import { trimUsage, type MethodResult } from '@policybook/protocol';
import { findMinEffect } from '../acceptance/min-effect';
import { findReturnBounds } from '../acceptance/return-bounds';
import { countAffordableEpisodes, readBudgetLeft, findLongestEpisode } from '../budget/budget';
import type { CandidateId } from '../events';
import { deriveSeeds } from '../seeds';
import type { Candidate, EventOf, RunState } from '../state';
import type { PolicyAnswer } from '../session/episode-runner';
import { challenge, promoteChampion, isWithinReach, type Match } from './challenge';
import {
  requireCandidate,
  findChampion,
  deriveLabel,
  findProvenChampion,
  requireText,
  type RunContext,
  type StageOutcome,
} from './context';
import { admitProposals, type CandidateProposal } from './admit';

/** What the run remembers of its simplifier between turns. */
export interface SimplifierProgress {
  /** Champions that were looked at. */
  readonly done: Set<CandidateId>;
  minEffect: number | null;
}

/** Creates the progress of a simplifier that has not run yet. */
export const createSimplifierProgress = (): SimplifierProgress => ({ done: new Set(), minEffect: null });

/** Seeds whose trajectories must not change: 30 have missed falls. */
const MAX_TRAJECTORIES = 100;
const MIN_TRAJECTORIES = 32;
/** Part of the episodes left for the trajectories, and for each variant of what a comparison may take. */
const TRAJECTORIES_SHARE = 0.25;
const VARIANT_SHARE = 0.5;
/** Variants that are worth episodes in one round. */
const MAX_VARIANTS = 3;

/** Simplifies again for as long as a variant was accepted, because that opens new edits. */
export async function runSimplifierStage(
  context: RunContext,
  memory: SimplifierProgress,
): Promise<StageOutcome> {
  let improved = false;
  for (let subject = findUnsimplified(context.log.state, memory); subject !== null;) {
    const outcome = await simplifyOnce(context, memory, subject);
    if (outcome === 'over_budget') return improved ? 'improved' : outcome;
    memory.done.add(subject.id);
    improved ||= outcome === 'improved';
    subject = findUnsimplified(context.log.state, memory);
  }
  return improved ? 'improved' : 'no_change';
}

function findUnsimplified(state: RunState, { done }: SimplifierProgress): Candidate | null {
  const subject = findChampion(state);
  return subject === null || !state.settings.simplify || done.has(subject.id) ? null : subject;
}

async function simplifyOnce(
  context: RunContext,
  memory: SimplifierProgress,
  subject: Candidate,
): Promise<StageOutcome> {
  const { state } = context.log;
  const count = Math.min(
    MAX_TRAJECTORIES,
    Math.floor(TRAJECTORIES_SHARE * countAffordableEpisodes(state)),
    Math.floor((readBudgetLeft(state).steps ?? Infinity) / findLongestEpisode(state.facts)),
  );
  if (count < MIN_TRAJECTORIES) return 'over_budget';
  context.announce(`simplifying @${subject.id}`);
  const seeds = deriveSeeds(state.settings.seed, ['simplification', subject.hash], count);
  let answer: Promise<PolicyAnswer<MethodResult<'simplify'>>> | null = null;
  const ask = () => (answer ??= context.runner.simplify(requireText(context, subject.id), seeds));
  const [event] = await context.log.recordOrReplay(1, ['simplifier_finished'], async () => [
    describeSimplification(subject, count, await ask()),
  ]);
  if (event === undefined) return 'no_change';
  const identical = event.identicalEdits.length > 0;
  memory.minEffect ??= findMinEffect(state, findReturnBounds(state));
  const trial = { test: 'noninferiority', minEffect: memory.minEffect, budgetShare: VARIANT_SHARE } as const;
  const variants = isWithinReach(context, trial) ? Math.min(MAX_VARIANTS, event.variants) : 0;
  const firstId = state.candidates.size + 1;
  const ids = await admitProposals(context, (identical ? 1 : 0) + variants, async () =>
    proposeSimplified(subject, await ask(), variants),
  );
  const same = identical ? ids.find((id) => Number(id) === firstId) : undefined;
  if (same !== undefined) await takeIdentical(context, memory, subject, same);
  const variantIds = ids.filter((id) => id !== same);
  const replaced = await tryVariants(context, trial, variantIds);
  return same !== undefined || replaced ? 'improved' : 'no_change';
}

async function takeIdentical(
  context: RunContext,
  memory: SimplifierProgress,
  subject: Candidate,
  same: CandidateId,
): Promise<void> {
  const { score } = requireCandidate(context.log.state, subject.id);
  if (score !== null) await promoteChampion(context, same, score);
  memory.done.add(same);
}

/** Tests variants in the simplifier's order; the first that is accepted ends the round. */
async function tryVariants(
  context: RunContext,
  trial: Pick<Match, 'test' | 'minEffect' | 'budgetShare'>,
  variants: readonly CandidateId[],
): Promise<boolean> {
  const defender = findProvenChampion(context.log.state);
  if (defender === null) return false;
  for (const challenger of variants) {
    if (!isWithinReach(context, trial)) return false;
    const outcome = await challenge(context, { ...trial, challenger, defender: defender.id });
    if (outcome !== 'no_change') return outcome === 'improved';
  }
  return false;
}

/** A champion that fails in one of `episodes` is left as it is, and all of them are charged. */
function describeSimplification(
  subject: Candidate,
  episodes: number,
  answer: PolicyAnswer<MethodResult<'simplify'>>,
): EventOf<'simplifier_finished'> {
  if (!answer.ok) {
    const usage = trimUsage({ episodes, steps: 0, modelSteps: 0 });
    return { type: 'simplifier_finished', candidate: subject.id, identicalEdits: [], variants: 0, usage };
  }
  const { identical, variants, usage } = answer.value;
  return {
    type: 'simplifier_finished',
    candidate: subject.id,
    identicalEdits: identical?.edits ?? [],
    variants: variants.length,
    usage: trimUsage(usage),
  };
}

function proposeSimplified(
  subject: Candidate,
  answer: PolicyAnswer<MethodResult<'simplify'>>,
  count: number,
): CandidateProposal[] {
  if (!answer.ok) return [];
  const { identical, variants } = answer.value;
  const label = deriveLabel(subject.label, 'simplified');
  const same: CandidateProposal[] =
    identical === null || identical.edits.length === 0
      ? []
      : [{ kind: 'simplification', label, idea: identical.edits.join('; '), source: identical.source }];
  const others = variants.slice(0, count).map((variant): CandidateProposal => {
    const idea = `@${subject.id} with other actions here and there.`;
    return { kind: 'simplification', label: variant.label, idea, source: variant.source };
  });
  return [...same, ...others];
}
