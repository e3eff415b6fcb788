/** What a run may still spend. Asked before every request; the spending itself is folded from events. */
import type { BudgetLeft } from '../ports';
import type { EnvironmentFacts } from '@policybook/protocol';
import type { RunState } from '../state';

/** Where an environment has no limit of its own, the evaluator ends an episode after so many steps. */
const stepsWithoutLimit = 10_000;

export function readBudgetLeft({ settings: { budget }, usage: meter }: RunState): BudgetLeft {
  const tokens = meter.tokensIn + meter.tokensOut;
  return {
    episodes: subtractSpent(budget.episodes, meter.episodes),
    steps: subtractSpent(budget.steps, meter.steps),
    calls: subtractSpent(budget.calls, meter.calls),
    tokens: subtractSpent(budget.tokens, tokens),
    money: subtractSpent(budget.money, meter.money),
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

/** Whether an author may be asked again: calls, tokens and money, whose price is known only afterwards, remain. */
export function canAskAuthor(state: RunState): boolean {
  const { calls, tokens, money } = readBudgetLeft(state);
  return calls !== 0 && tokens !== 0 && money !== 0;
}

/** For people: every limited budget with what was spent of it; empty where only clocks limit the run. */
export function formatBudget({ settings: { budget }, usage: meter }: RunState): string {
  const spent = {
    episodes: meter.episodes,
    steps: meter.steps,
    calls: meter.calls,
    tokens: meter.tokensIn + meter.tokensOut,
    money: meter.money,
  };
  const names = ['episodes', 'steps', 'calls', 'tokens', 'money'] as const;
  const parts = names.flatMap((name) => {
    const limit = budget[name];
    return limit === null ? [] : [`${spent[name]} of ${limit} ${name === 'money' ? 'dollars' : name}`];
  });
  return parts.join(', ');
}
