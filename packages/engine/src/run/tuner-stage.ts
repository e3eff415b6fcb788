/** The stage of the tuner: it moves the head's `# tune:` constants. What it finds races like any candidate. */
import { countAffordableEpisodes, readBudgetLeft } from '../budget/budget';
import type { CandidateId } from '../events';
import type { Candidate, RunState } from '../state';
import { repeatAttempts } from './attempts';
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
      if (outcome !== 'improved') progress.fruitless.add(subject.id);
      return outcome;
    },
  );
}

function findTunable(state: RunState, { attempts, fruitless }: TunerProgress): Candidate | null {
  const subject = findHead(state);
  if (subject === null || subject.tunable === 0 || !state.settings.tune) return null;
  return fruitless.has(subject.id) || attempts >= MAX_ATTEMPTS || isSaturated(state) ? null : subject;
}

async function attemptTuning(context: RunContext, subject: Candidate): Promise<StageOutcome> {
  const episodes = Math.min(
    MAX_EPISODES,
    Math.floor(TUNING_SHARE * countAffordableEpisodes(context.log.state)),
  );
  if (episodes < MIN_TUNING_EPISODES) return 'over_budget';
  const { steps } = readBudgetLeft(context.log.state);
  const most = { episodes, steps: steps === null ? null : Math.floor(TUNING_SHARE * steps) };
  return enterCandidates(context, await tuneConstants(context, subject, most));
}
