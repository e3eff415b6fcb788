/** The message of a run that ends by its budget: what is left, what it could not decide, and what would have been enough. */
import { computeMean } from '../acceptance/score';
import { countAffordableEpisodes, canAskAuthor } from '../budget/budget';
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

/** Says what a comparison would have taken, where nothing was compared and so nothing is known of the champion. */
function formatNeeded(state: RunState): string[] {
  const { settings, usage, comparisons } = state;
  if (comparisons > 0 || findChampion(state) === null || !canAskAuthor(state)) return [];
  const needs = countComparisonEpisodes(state);
  const more = Math.ceil((BUDGET_RESERVE_FACTOR * (usage.episodes + needs)) / 50) * 50;
  const enough = settings.budget.episodes === null ? 'give it more' : `\`episodes: ${more}\` should do`;
  return [`no policy was compared with another, which takes about ${needs} episodes left: ${enough}`];
}
