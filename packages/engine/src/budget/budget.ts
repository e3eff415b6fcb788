/** What a run may still spend. Asked before every request; the spending itself is folded from events. */
import type { BudgetLeft } from '../ports';
import type { EnvironmentFacts } from '@policybook/protocol';
import { BUDGET_KINDS, BUDGET_NAMES, countSpent } from '../resources';
import type { RunState } from '../state';

/** Where an environment has no limit of its own, the evaluator ends an episode after so many steps. */
const stepsWithoutLimit = 10_000;

/** What is left of every limit that events count; `null` is unlimited. */
export function readBudgetLeft({ settings: { budget }, usage }: RunState): BudgetLeft {
  const left = (name: keyof BudgetLeft): number | null =>
    subtractSpent(budget[name], countSpent(name, usage) ?? 0);
  return {
    episodes: left('episodes'),
    steps: left('steps'),
    calls: left('calls'),
    tokens: left('tokens'),
    money: left('money'),
  };
}

function subtractSpent(limit: number | null, spent: number): number | null {
  return limit === null ? null : Math.max(0, limit - spent);
}

/**
 * Whole episodes that the budgets of episodes and steps still allow; Infinity when unlimited. Episodes are known
 * before they are played, their steps only expected (the mean so far): enough to plan with, while `Bench.play` begins
 * no episode that might pass the limit of steps.
 */
export function countAffordableEpisodes(state: RunState): number {
  const { episodes, steps } = readBudgetLeft(state);
  const byEpisodes = episodes ?? Infinity;
  return steps === null ? byEpisodes : Math.min(byEpisodes, Math.floor(steps / estimateEpisodeSteps(state)));
}

function estimateEpisodeSteps({ usage: meter, facts }: RunState): number {
  if (meter.episodes > 0 && meter.steps > 0) return meter.steps / meter.episodes;
  return findLongestEpisode(facts);
}

/** Steps after which an episode ends at the latest. */
export function findLongestEpisode({ maxEpisodeSteps }: Pick<EnvironmentFacts, 'maxEpisodeSteps'>): number {
  return maxEpisodeSteps ?? stepsWithoutLimit;
}

/** Whether an author may be asked again: something is left of every limit that only model calls spend. */
export function canAskAuthor({ settings: { budget }, usage }: RunState): boolean {
  return BUDGET_NAMES.every((name) => {
    const [limit, spent] = [budget[name], countSpent(name, usage)];
    return !BUDGET_KINDS[name].isOnlyForModels || limit === null || spent === null || spent < limit;
  });
}

/** For people: every limited budget with what was spent of it; empty where only clocks limit the run. */
export function formatBudget({ settings: { budget }, usage }: RunState): string {
  const parts = BUDGET_NAMES.flatMap((name) => {
    const [limit, spent] = [budget[name], countSpent(name, usage)];
    return limit === null || spent === null ? [] : [`${spent} of ${limit} ${BUDGET_KINDS[name].plural}`];
  });
  return parts.join(', ');
}
