/** The stage of the tuner: it moves the head's `# tune:` constants. What it finds races like any candidate. */
import { formatQuantity } from '@policybook/protocol';
import { canAskAuthor, countAffordableEpisodes } from '../budget/budget';
import type { CandidateId } from '../events';
import type { Candidate, RunState } from '../state';
import { repeatAttempts } from './attempts';
import { formatEnough } from './budget-message';
import { findHead, type RunContext, type StageOutcome } from './context';
import { enterCandidates } from './enter-candidates';
import { isSaturated } from './saturation';
import { MIN_TUNING_EPISODES, tuneConstants } from './tune-constants';

/** What the run remembers of its tuner between turns. */
export interface TunerProgress {
  /** The number of attempts so far. */
  attempts: number;
  /** The heads whose constants were tuned without a gain. */
  readonly fruitless: Set<CandidateId>;
}

/** Creates the progress of a tuner that has not run yet. */
export const createTunerProgress = (): TunerProgress => ({ attempts: 0, fruitless: new Set() });

/** Attempts of one run at most. */
const MAX_ATTEMPTS = 3;
/** The part of the episodes left that one attempt may take, before its race. */
const TUNING_SHARE = 0.3;
/** The same where the author has nothing more to spend them on. */
const LAST_TUNING_SHARE = 0.6;
/** Episodes of an attempt at most, and where episodes are unlimited. */
const MAX_EPISODES = 2000;

/** Finds the part of the episodes left that an attempt may take where it would else be too short. */
function findMostShare(state: RunState): number {
  return state.isAuthorExhausted || !canAskAuthor(state) ? LAST_TUNING_SHARE : TUNING_SHARE;
}

/**
 * Formats why the head's constants were not tuned, and which budget would do; `null` where there are none, or they were tuned as
 * often as they may be.
 */
export function formatUntuned(state: RunState, progress: TunerProgress): string | null {
  const subject = findTunable(state, progress);
  if (subject === null) return null;
  const left = Math.floor(countAffordableEpisodes(state));
  const enough = formatEnough(state, Math.ceil(MIN_TUNING_EPISODES / findMostShare(state)));
  return `about ${formatQuantity(left, 'episode')} are left, too few to tune ${formatQuantity(subject.tunable, 'constant')} of @${subject.id}${enough}`;
}

/** Tunes again for as long as it helps. */
export function runTunerStage(context: RunContext, progress: TunerProgress): Promise<StageOutcome> {
  return repeatAttempts(
    () => findTunable(context.log.state, progress),
    async (subject) => {
      const outcome = await attemptTuning(context, subject);
      if (outcome === 'over_budget') return outcome;
      progress.attempts++;
      if (outcome !== 'improved') progress.fruitless.add(subject.id);
      return outcome;
    },
  );
}

function findTunable(state: RunState, { attempts, fruitless }: TunerProgress): Candidate | null {
  const subject = findHead(state);
  if (subject === null || subject.isRejectedByUser || subject.tunable === 0 || !state.settings.tune)
    return null;
  return fruitless.has(subject.id) || attempts >= MAX_ATTEMPTS || isSaturated(state) ? null : subject;
}

async function attemptTuning(context: RunContext, subject: Candidate): Promise<StageOutcome> {
  const { state } = context.log;
  const left = countAffordableEpisodes(state);
  const share = Math.max(TUNING_SHARE, MIN_TUNING_EPISODES / left);
  if (share > findMostShare(state)) return 'over_budget';
  const episodes = Math.min(MAX_EPISODES, Math.max(MIN_TUNING_EPISODES, Math.floor(share * left)));
  return enterCandidates(context, await tuneConstants(context, subject, { episodes, share }));
}
