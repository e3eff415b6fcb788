/** The first champion, without which no other candidate can challenge: the first candidate that works, scored alone. */
import { requireCandidate } from '../state';
import { findReturnBounds } from '../acceptance/return-bounds';
import { computeScore } from '../acceptance/score';
import { countAffordableEpisodes, readBudgetLeft } from '../budget/budget';
import type { CandidateId } from '../events';
import { deriveSeeds } from '../seeds';
import { raiseAlarms } from './raise-alarms';
import { requireText, type RunContext, type StageOutcome } from './context';
import { createRejection } from './admit';
import { MIN_SAMPLE_EPISODES } from './behavioural-duplicates';
import { createStepsSpent } from '../session/stopped';

/** A first champion is scored on few seeds of its own: the episodes are for candidates that might be better. */
const BUDGET_SHARE = 0.04;
const [MIN_SEEDS, MAX_SEEDS] = [8, 64];
/** The share of a small budget that the episodes may take on which actions are compared later. */
const SMALL_BUDGET_SHARE = 0.1;

/** Counts the seeds that a first champion is scored on where so many episodes are left. */
export function countFirstScoreSeeds(affordable: number): number {
  const small = Math.min(MIN_SAMPLE_EPISODES, Math.floor(SMALL_BUDGET_SHARE * affordable));
  const worth = Math.max(MIN_SEEDS, small, Math.floor(BUDGET_SHARE * affordable));
  return Math.min(affordable, MAX_SEEDS, worth);
}

/** Promotes the first of `ids` that plays its seeds without failing. */
export async function promoteFirst(context: RunContext, ids: readonly CandidateId[]): Promise<StageOutcome> {
  for (const id of ids) {
    const episodes = countFirstScoreSeeds(countAffordableEpisodes(context.log.state));
    if (episodes < 1) return 'over_budget';
    context.announce(`scoring a first champion, @${id}`);
    const [event] = await context.log.recordOrReplay(
      1,
      ['champion_promoted', 'candidate_rejected'],
      async () => [await scoreFirstChampion(context, id, episodes)],
    );
    if (event?.type !== 'champion_promoted') continue;
    await raiseAlarms(context, event);
    return 'improved';
  }
  return 'no_change';
}

async function scoreFirstChampion(context: RunContext, id: CandidateId, episodes: number) {
  const { state } = context.log;
  const { hash, kind } = requireCandidate(state, id);
  const seeds = deriveSeeds(state.settings.seed, ['first', hash], episodes);
  const { steps } = readBudgetLeft(state);
  const played = await context.runner.play(requireText(context, id), seeds, { steps, isUnplayed: true });
  const { returns, actions, failure, usage } = played;
  if (failure !== null) return createRejection(id, { code: 'failed', failure }, usage);
  if (returns.length === 0) throw createStepsSpent();
  const score = computeScore(returns, findReturnBounds(state, returns), state.settings.acceptance.confidence);
  return {
    type: 'champion_promoted' as const,
    candidate: id,
    previous: null,
    kind,
    score,
    played: { seeds: [...played.seeds], returns: [...returns], actions: actions.join('') },
    usage,
  };
}
