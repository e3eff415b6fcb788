/** The message of a run that ends by its budget: what is left, what it could not decide, and what would have been enough. */
import { computeMean } from '../acceptance/score';
import { countAffordableEpisodes, canAskAuthor, readBudgetLeft } from '../budget/budget';
import { formatNumber } from '../format-number';
import type { RunState } from '../state';
import { countComparisonEpisodes } from './challenge';
import { findChampion } from './context';

/** How much more than the need is recommended, because what an author spends grows with the budget. */
const BUDGET_RESERVE_FACTOR = 1.5;

/** Formats why the budget ended the run, for people. */
export function formatBudgetEnd(state: RunState): string {
  const { authorFailure } = state;
  const failed = authorFailure === null ? [] : [`the author's last answer failed: ${authorFailure}`];
  return [formatLeft(state), ...failed, ...formatUndecided(state), ...formatNeeded(state)].join('; ');
}

/** Says what is left, which may be too little from the outset: few steps where episodes are long. */
function formatLeft(state: RunState): string {
  const left = countAffordableEpisodes(state);
  if (left < 1 && state.usage.episodes > 0) return 'the budget is spent';
  if (!canAskAuthor(state)) return 'the budget of the author is spent';
  const whole = Math.floor(left);
  const episodes = `about ${whole} ${whole === 1 ? 'episode' : 'episodes'}`;
  return `what is left of the budget, ${episodes}, is not enough to go on`;
}

/** Names the best candidate that looked better in training and was never compared: it was not shown to be worse. */
function formatUndecided(state: RunState): string[] {
  const championScore = findChampion(state)?.score ?? null;
  if (championScore === null) return [];
  const [best] = [...state.candidates.values()]
    .filter(({ verdict, training }) => verdict === null && training.size > 0)
    .map(({ id, training }) => ({ id, mean: computeMean([...training.values()]), episodes: training.size }))
    .filter(({ mean }) => mean > championScore.mean)
    .sort((one, other) => other.mean - one.mean);
  if (best === undefined) return [];
  const scores = `${formatNumber(best.mean)} over ${best.episodes} training episodes, the champion ${formatNumber(championScore.mean)}`;
  return [`@${best.id} is undecided because too few episodes were left (${scores})`];
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

/** Names the limit that would do in place of the one that ended the run; empty where neither episodes nor steps did. */
function formatEnough(state: RunState, needs: number): string {
  const { settings, usage } = state;
  const { episodes, steps } = readBudgetLeft(state);
  const total = BUDGET_RESERVE_FACTOR * (usage.episodes + needs);
  const stepsEach = usage.episodes > 0 ? usage.steps / usage.episodes : 0;
  const isOfSteps = steps !== null && (episodes === null || steps < episodes * stepsEach);
  if (isOfSteps) return `: \`steps: ${Math.ceil((total * stepsEach) / 1000) * 1000}\` should do`;
  return settings.budget.episodes === null ? '' : `: \`episodes: ${Math.ceil(total / 50) * 50}\` should do`;
}
