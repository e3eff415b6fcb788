/**
 * The stage of the simplifier: it looks for a smaller text of the head, and for what no episode exercises in it. What
 * makes no difference is promoted for free; what acts differently must not be worse than the policy before any
 * simplification, by one minimum effect for the whole run, so that small losses cannot add up.
 */
import { trimUsage, type MethodParams, type MethodResult } from '@policybook/protocol';
import { findMinEffect } from '../acceptance/min-effect';
import { findNearbyBounds } from '../acceptance/return-bounds';
import { countAffordableEpisodes, readBudgetLeft, findLongestEpisode } from '../budget/budget';
import { isRefused } from '../choice/golden';
import type { CandidateId } from '../events';
import { deriveSeeds } from '../seeds';
import type { Candidate, EventOf, RunState } from '../state';
import type { PolicyResult } from '../session/episode-runner';
import { doOnce, repeatAttempts } from './attempts';
import { challenge, countSharePairs, isWithinReach, type ChallengePlan } from './challenge';
import {
  findChampion,
  findHead,
  deriveLabel,
  findProvenChampion,
  requireText,
  type RunContext,
  type StageOutcome,
} from './context';
import { admitProposals, type CandidateProposal } from './admit';
import { holdsGolden } from './play-golden';
import { changeHead } from './race';
import { replaceHead } from './replace-head';

/** What the run remembers of its simplifier between turns. */
export interface SimplifierProgress {
  /** The champions that were simplified, or found to be as small as they get. */
  readonly done: Set<CandidateId>;
  /** What all simplifications of the run together may lose; `null` before the first. */
  minEffect: number | null;
  /** How often their episodes have been played again so far, and on how many steps. */
  replays: number;
  replayedSteps: number;
}

/** Creates the progress of a simplifier that has not run yet. */
export const createSimplifierProgress = (): SimplifierProgress => ({
  done: new Set(),
  minEffect: null,
  replays: 0,
  replayedSteps: 0,
});

/** Seeds on which texts are played again; 30 have been seen to miss rare falls. */
const MAX_TRAJECTORIES = 100;
/** Episodes below which nothing is simplified. */
export const MIN_TRAJECTORIES = 32;
/** The part of the episodes left that the trajectories may take, and of what a comparison may take for each variant. */
const TRAJECTORIES_SHARE = 0.25;
const VARIANT_SHARE = 0.5;
/** Variants that are compared in one round at most. */
const MAX_VARIANTS = 3;
/**
 * How often all simplifications of a run together play their episodes again, at most, and on how many steps; less often where
 * wall time limits the run. A clock would let one declaration come to other texts.
 */
const MAX_REPLAYS = 12;
const MAX_REPLAYS_WITHIN_WALL = 6;
const MAX_REPLAYED_STEPS = 2_000_000;
/** With fewer replays left, the policy's own among them, no episodes are spent on a simplification. */
const MIN_REPLAYS = 2;

/** Simplifies again for as long as a variant was accepted, because that opens new edits. */
export function runSimplifierStage(context: RunContext, progress: SimplifierProgress): Promise<StageOutcome> {
  return repeatAttempts(
    () => findUnsimplified(context.log.state, progress),
    async (subject) => {
      const outcome = await attemptSimplification(context, progress, subject);
      if (outcome !== 'over_budget') progress.done.add(subject.id);
      return outcome;
    },
  );
}

function findUnsimplified(state: RunState, { done }: SimplifierProgress): Candidate | null {
  const subject = findHead(state);
  if (subject === null || !state.settings.simplify || done.has(subject.id)) return null;
  // What acts like a head that loses a golden case would be refused for it.
  return isRefused(state, subject) ? null : subject;
}

async function attemptSimplification(
  context: RunContext,
  progress: SimplifierProgress,
  subject: Candidate,
): Promise<StageOutcome> {
  const { state } = context.log;
  const plan = planReplays(state, progress, subject);
  if (plan === null) return 'over_budget';
  context.announce(`simplifying @${subject.id}`);
  progress.minEffect ??= findMinEffect(state, findNearbyBounds(state));
  const trial = {
    test: 'noninferiority',
    minEffect: progress.minEffect,
  } as const;
  // A head that was not shown to be better than the champion has nothing shown that a variant could be as good as.
  const isProven = findChampion(state)?.id === subject.id;
  const countTestable = (): number =>
    isProven && isWithinReach(context, { ...trial, mostPairs: countVariantPairs(context) })
      ? MAX_VARIANTS
      : 0;
  const mostVariants = countTestable();
  const ask = doOnce(() =>
    context.runner.simplify(requireText(context, subject.id), { ...plan, mostVariants }),
  );
  const [event] = await context.log.recordOrReplay(1, ['simplifier_finished'], async () => [
    describeSimplification(subject, countPlanned(plan), await ask()),
  ]);
  if (event === undefined) return 'no_change';
  const { replayedSteps = 0 } = event;
  progress.replays += replayedSteps / Math.max(1, event.usage.steps ?? 0);
  progress.replayedSteps += replayedSteps;
  const hasIdentical = event.identicalEdits.length > 0;
  const variants = Math.min(countTestable(), event.variants);
  const firstId = state.candidates.size + 1;
  const ids = await admitProposals(context, (hasIdentical ? 1 : 0) + variants, async () =>
    proposeSimplified(subject, await ask(), variants),
  );
  const same = hasIdentical ? ids.find((id) => Number(id) === firstId) : undefined;
  if (same !== undefined) progress.done.add(same);
  const isSameTaken = same !== undefined && (await replaceHead(context, same));
  const variantIds = ids.filter((id) => id !== same);
  const isReplaced = await tryVariants(context, trial, variantIds);
  return isSameTaken || isReplaced ? 'improved' : 'no_change';
}

/** The episodes of one simplification and the bound of its replays. */
type ReplayPlan = Omit<MethodParams<'simplify'>, 'environment' | 'source' | 'limits' | 'mostVariants'>;

/** Plans on which episodes texts are played again, as many in each environment; `null` where the budget forbids it. */
function planReplays(
  state: RunState,
  { replays, replayedSteps }: SimplifierProgress,
  subject: Candidate,
): ReplayPlan | null {
  const { settings, facts } = state;
  const variants = typeof settings.simplify === 'boolean' ? [] : settings.simplify.on;
  const longest = Math.max(findLongestEpisode(facts), ...variants.map((each) => each.longestEpisode));
  const left = countAffordableEpisodes(state);
  if (left < MIN_TRAJECTORIES) return null;
  const affordable = Math.min(
    MAX_TRAJECTORIES,
    // It comes last: the fewest that it needs may be all that is left.
    Math.max(MIN_TRAJECTORIES, Math.floor(TRAJECTORIES_SHARE * left)),
    Math.floor((readBudgetLeft(state).steps ?? Infinity) / longest),
  );
  const each = Math.floor(affordable / (1 + variants.length));
  if (affordable < MIN_TRAJECTORIES || each < 1) return null;
  const most = settings.budget.wallSeconds === null ? MAX_REPLAYS : MAX_REPLAYS_WITHIN_WALL;
  const mostReplays = most - replays;
  const mostReplayedSteps = MAX_REPLAYED_STEPS - replayedSteps;
  if (mostReplays < MIN_REPLAYS || mostReplayedSteps <= 0) return null;
  const seeds = deriveSeeds(settings.seed, ['simplification', subject.hash], each * (1 + variants.length));
  return {
    seeds: seeds.slice(0, each),
    variantEnvironments: variants.map(({ environment }, index) => ({
      environment,
      seeds: seeds.slice(each * (index + 1), each * (index + 2)),
    })),
    mostReplays,
    mostReplayedSteps,
  };
}

function countPlanned({ seeds, variantEnvironments }: ReplayPlan): number {
  return seeds.length * (1 + variantEnvironments.length);
}

function countVariantPairs({ log }: RunContext): number {
  return countSharePairs(log.state, VARIANT_SHARE);
}

/** Tests variants in the simplifier's order; the first that is accepted ends the round. */
async function tryVariants(
  context: RunContext,
  trial: Pick<ChallengePlan, 'test' | 'minEffect'>,
  variants: readonly CandidateId[],
): Promise<boolean> {
  const champion = findProvenChampion(context.log.state);
  if (champion === null) return false;
  for (const challenger of variants) {
    const plan = { ...trial, challenger, champion: champion.id, mostPairs: countVariantPairs(context) };
    if (!isWithinReach(context, plan)) return false;
    if (!(await holdsGolden(context, challenger))) continue;
    const outcome = await challenge(context, plan);
    if (outcome === 'improved') await changeHead(context, { candidate: challenger });
    if (outcome !== 'no_change') return outcome === 'improved';
  }
  return false;
}

/** Describes what simplifying came to. A champion that fails in one of `episodes` is left as it is, and all of them are charged. */
function describeSimplification(
  subject: Candidate,
  episodes: number,
  result: PolicyResult<MethodResult<'simplify'>>,
): EventOf<'simplifier_finished'> {
  if (!result.ok) {
    const usage = trimUsage({ episodes, steps: 0, modelSteps: 0 });
    return { type: 'simplifier_finished', candidate: subject.id, identicalEdits: [], variants: 0, usage };
  }
  const { identical, variants, unexercised, replayedSteps, isCutShort, usage } = result.value;
  return {
    type: 'simplifier_finished',
    candidate: subject.id,
    identicalEdits: identical?.edits ?? [],
    variants: variants.length,
    unexercised,
    replayedSteps,
    ...(isCutShort && { isCutShort }),
    usage: trimUsage(usage),
  };
}

function proposeSimplified(
  subject: Candidate,
  result: PolicyResult<MethodResult<'simplify'>>,
  count: number,
): CandidateProposal[] {
  if (!result.ok) return [];
  const { identical, variants } = result.value;
  const label = deriveLabel(subject.label, 'simplified');
  const same: CandidateProposal[] =
    identical === null || identical.edits.length === 0
      ? []
      : [{ kind: 'simplification', label, idea: identical.edits.join('; '), source: identical.source }];
  const others = variants.slice(0, count).map((variant): CandidateProposal => {
    const idea = `A smaller text of @${subject.id} that acts differently in some states.`;
    return { kind: 'simplification', label: variant.label, idea, source: variant.source };
  });
  return [...same, ...others];
}
