/** What a run may still spend. It is read before every request; what was spent follows from the events. */
import type { BudgetLeft } from '../ports';
import {
  BUDGET_KINDS,
  collectRows,
  COUNTED_BUDGET_NAMES,
  addToTotals,
  countSpent,
  formatLimit,
  type EnvironmentFacts,
  type ResourceTotals,
} from '@policybook/protocol';
import type { RunState } from '../state';

/** Where an environment has no limit of its own, the evaluator ends an episode after so many steps. */
const STEPS_WITHOUT_LIMIT = 10_000;

/**
 * Counts what the limits of the budget count: what the run has used, and what replayed calls had cost. A replay goes as the run
 * did that it replays, so the same limits end both.
 */
export function countLimited({ usage, replayed }: Pick<RunState, 'usage' | 'replayed'>): ResourceTotals {
  return addToTotals(usage, replayed);
}

/** Reads what is left of every limit that events count; `null` is unlimited. */
export function readBudgetLeft(state: RunState): BudgetLeft {
  const { budget } = state.settings;
  const usage = countLimited(state);
  return collectRows(
    COUNTED_BUDGET_NAMES.map((name) => {
      const limit = budget[name];
      return [name, limit === null ? null : Math.max(0, limit - countSpent(name, usage))];
    }),
  );
}

/**
 * Counts the whole episodes that the budgets of episodes and steps still allow; Infinity when unlimited. Episodes are known
 * before they are played, their steps only expected (the mean so far): enough to plan with, while `EpisodeRunner.play` begins
 * no episode that might pass the limit of steps. Those that the golden cases of one more head would take are kept for it.
 */
export function countAffordableEpisodes(state: RunState): number {
  const { episodes, steps } = readBudgetLeft(state);
  const { golden = [] } = state.settings;
  const byEpisodes = Math.max(0, (episodes ?? Infinity) - (state.head === null ? 0 : golden.length));
  return steps === null ? byEpisodes : Math.min(byEpisodes, Math.floor(steps / estimateEpisodeSteps(state)));
}

function estimateEpisodeSteps({ usage, facts }: RunState): number {
  if (usage.episodes > 0 && usage.steps > 0) return usage.steps / usage.episodes;
  return findLongestEpisode(facts);
}

/** Finds the number of steps after which an episode ends at the latest. */
export function findLongestEpisode({ maxEpisodeSteps }: Pick<EnvironmentFacts, 'maxEpisodeSteps'>): number {
  return maxEpisodeSteps ?? STEPS_WITHOUT_LIMIT;
}

/** Whether an author may be asked again: something is left of every limit that only model calls spend. */
export function canAskAuthor(state: RunState): boolean {
  const { budget } = state.settings;
  const usage = countLimited(state);
  return COUNTED_BUDGET_NAMES.every((name) => {
    const limit = budget[name];
    return !BUDGET_KINDS[name].isOnlyForModels || limit === null || countSpent(name, usage) < limit;
  });
}

/** Formats every limited budget with what was spent of it, for people; empty where only clocks limit the run. */
export function formatBudget(state: RunState): string {
  const { budget } = state.settings;
  const usage = countLimited(state);
  const parts = COUNTED_BUDGET_NAMES.flatMap((name) => {
    const limit = budget[name];
    return limit === null ? [] : [`${countSpent(name, usage)} of ${formatLimit(name, limit)}`];
  });
  return parts.join(', ');
}
