/** The message of a run that ends by its budget: what is left, and what would have been enough to compare anything. */
import { countAffordableEpisodes, canAskAuthor, readBudgetLeft } from '../budget/budget';
import type { RunState } from '../state';
import { countComparisonEpisodes } from './challenge';
import { findChampion } from './context';

/** How much more than the need is recommended, because what an author spends grows with the budget. */
const BUDGET_RESERVE_FACTOR = 1.5;

/** Formats why the budget ended the run, for people. */
export function formatBudgetEnd(state: RunState): string {
  const { authorFailure } = state;
  const failed = authorFailure === null ? [] : [`the author's last answer failed: ${authorFailure}`];
  return [formatLeft(state), ...failed, ...formatNeeded(state)].join('; ');
}

/** Says what is left, which may be too little from the outset: few steps where episodes are long. */
function formatLeft(state: RunState): string {
  const left = countAffordableEpisodes(state);
  if (left < 1 && state.usage.episodes > 0) return 'the budget is spent';
  if (!canAskAuthor(state)) return 'the budget of the author is spent';
  const whole = Math.floor(left);
  const episodes = `about ${whole} ${whole === 1 ? 'episode' : 'episodes'}`;
  return `${episodes} ${whole === 1 ? 'is' : 'are'} left of the budget, too few to go on`;
}

/**
 * Says what a comparison would have taken, where nothing was compared and so nothing is known of the champion. What the
 * author has nothing more for, no larger budget would bring.
 */
function formatNeeded(state: RunState): string[] {
  const { comparisons, isAuthorExhausted } = state;
  if (comparisons > 0 || findChampion(state) === null || !canAskAuthor(state)) return [];
  if (isAuthorExhausted && !hasRival(state))
    return [
      'the author has proposed no other policy that plays, so that there is nothing to compare the champion with',
    ];
  const needs = countComparisonEpisodes(state);
  const enough = formatEnough(state, needs);
  return [`no policy was compared with another, which takes about ${needs} episodes left${enough}`];
}

/** Whether a candidate that is no champion might still be compared. */
function hasRival({ candidates, championHistory }: RunState): boolean {
  const champions = new Set(championHistory.map(({ candidate }) => candidate));
  return [...candidates.values()].some(({ id, verdict }) => verdict !== 'rejected' && !champions.has(id));
}

/** Names the limit that would leave so many episodes more, in place of the one that ended the run; empty where neither episodes nor steps did. */
export function formatEnough(state: RunState, needs: number): string {
  const { settings, usage } = state;
  const { episodes, steps } = readBudgetLeft(state);
  const total = BUDGET_RESERVE_FACTOR * (usage.episodes + needs);
  const stepsEach = usage.episodes > 0 ? usage.steps / usage.episodes : 0;
  const isOfSteps = steps !== null && (episodes === null || steps < episodes * stepsEach);
  if (isOfSteps) return `: \`steps: ${Math.ceil((total * stepsEach) / 1000) * 1000}\` should do`;
  return settings.budget.episodes === null ? '' : `: \`episodes: ${Math.ceil(total / 50) * 50}\` should do`;
}
