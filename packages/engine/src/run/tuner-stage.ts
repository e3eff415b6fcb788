/** The stage of the tuner: it moves the champion's `# tune:` constants. What it finds must win a comparison like any challenger. */
import { formatQuantity, trimUsage, type MethodResult } from '@policybook/protocol';
import { findMinEffect } from '../acceptance/min-effect';
import { findNearbyBounds } from '../acceptance/return-bounds';
import { countAffordableEpisodes, readBudgetLeft } from '../budget/budget';
import type { CandidateId } from '../events';
import { deriveSeeds } from '../seeds';
import type { Candidate, EventOf, RunState } from '../state';
import type { PolicyResult } from '../session/episode-runner';
import { doOnce, repeatAttempts } from './attempts';
import { challenge, countComparisonEpisodes } from './challenge';
import {
  findChampion,
  deriveLabel,
  findProvenChampion,
  requireText,
  type RunContext,
  type StageOutcome,
} from './context';
import { admitProposals, type CandidateProposal } from './admit';
import { isSaturated } from './saturation';
import { rejectBehaviouralDuplicates } from './behavioural-duplicates';

/** What the run remembers of its tuner between turns. */
export interface TunerProgress {
  /** The number of attempts so far. */
  attempts: number;
  /** The proven champions whose constants were tuned without a gain. */
  readonly fruitless: Set<CandidateId>;
}

/** Creates the progress of a tuner that has not run yet. */
export const createTunerProgress = (): TunerProgress => ({ attempts: 0, fruitless: new Set() });

/** Attempts of one run at most. */
const MAX_ATTEMPTS = 3;
/** The part of the episodes left that one attempt may take, before its comparison. */
const TUNING_SHARE = 0.3;
/**
 * The part of what a comparison may take at most: all of it, because what tuning gains is small against the range of returns and takes
 * hundreds of pairs to show, and the author has stalled for now.
 */
const COMPARISON_SHARE = 1;
/** Episodes of an attempt at least: fewer do not carry a covariance matrix through a handful of generations. */
const MIN_EPISODES = 64;
/** Episodes of an attempt at most, and where episodes are unlimited. */
const MAX_EPISODES = 2000;

/** Tunes again for as long as it helps. */
export function runTunerStage(context: RunContext, progress: TunerProgress): Promise<StageOutcome> {
  return repeatAttempts(
    () => findTunable(context.log.state, progress),
    async (subject) => {
      const outcome = await attemptTuning(context, subject);
      if (outcome === 'over_budget') return outcome;
      progress.attempts++;
      const structure = findProvenChampion(context.log.state);
      if (outcome !== 'improved' && structure !== null) progress.fruitless.add(structure.id);
      return outcome;
    },
  );
}

function findTunable(state: RunState, { attempts, fruitless }: TunerProgress): Candidate | null {
  const subject = findChampion(state);
  if (subject === null || subject.tunable === 0 || !state.settings.tune) return null;
  const structure = findProvenChampion(state);
  if (structure === null || fruitless.has(structure.id)) return null;
  return attempts >= MAX_ATTEMPTS || isSaturated(state) ? null : subject;
}

async function attemptTuning(context: RunContext, subject: Candidate): Promise<StageOutcome> {
  const { state } = context.log;
  const affordable = countAffordableEpisodes(state);
  const episodes = Math.min(MAX_EPISODES, Math.floor(TUNING_SHARE * affordable));
  if (episodes < MIN_EPISODES || affordable - episodes < countComparisonEpisodes(state)) return 'over_budget';
  context.announce(`tuning ${formatQuantity(subject.tunable, 'constant')} of @${subject.id}`);
  const [seed = 0] = deriveSeeds(state.settings.seed, ['tuning', subject.hash], 1);
  const { steps } = readBudgetLeft(state);
  const most = { episodes, steps: steps === null ? null : Math.floor(TUNING_SHARE * steps) };
  const ask = doOnce(() => context.runner.tune(requireText(context, subject.id), seed, most));
  const [event] = await context.log.recordOrReplay(1, ['tuner_finished'], async () => [
    describeTuning(subject, await ask()),
  ]);
  if (event === undefined || event.generations.length === 0) return 'no_change';
  const entered = await admitProposals(context, 1, async () => proposeTuned(subject, await ask()));
  const [tuned] = await rejectBehaviouralDuplicates(context, entered);
  const champion = findProvenChampion(context.log.state);
  if (tuned === undefined || champion === null) return 'no_change';
  const minEffect = findMinEffect(context.log.state, findNearbyBounds(context.log.state));
  const plan = {
    challenger: tuned,
    champion: champion.id,
    test: 'gain',
    minEffect,
    budgetShare: COMPARISON_SHARE,
  } as const;
  return challenge(context, plan);
}

/**
 * Describes what tuning came to. Only a text whose constants cannot be read fails to be tuned, before any episode: it has no
 * generations and is charged nothing. A variant that fails in its episodes ranks last.
 */
function describeTuning(
  subject: Candidate,
  result: PolicyResult<MethodResult<'tune'>>,
): EventOf<'tuner_finished'> {
  const { generations, usage } = result.ok
    ? result.value
    : { generations: [], usage: { episodes: 0, steps: 0, modelSteps: 0 } };
  return { type: 'tuner_finished', candidate: subject.id, generations, usage: trimUsage(usage) };
}

function proposeTuned(subject: Candidate, result: PolicyResult<MethodResult<'tune'>>): CandidateProposal[] {
  if (!result.ok) return [];
  const { source } = result.value;
  const idea = `The constants of @${subject.id}, tuned.`;
  return [{ kind: 'scalar', label: deriveLabel(subject.label, 'tuned'), idea, source }];
}
