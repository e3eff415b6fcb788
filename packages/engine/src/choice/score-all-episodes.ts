/** Scores of one candidate: of some of its returns, or of all of them, those by which it was chosen included. */
import { findReturnBounds, limitReach, widenExtremes } from '../acceptance/return-bounds';
import { computeScore, summarise } from '../acceptance/score';
import type { Score } from '../events';
import type { Candidate, RunState } from '../state';
import { collectReturns } from './contenders';

/**
 * Scores returns of a candidate, of which some may not be recorded yet. Assumed bounds hold them: the first few returns of a run
 * say little of how bad an episode may be, and an interval of clipped returns would end at the mean.
 */
export function scoreReturns(state: RunState, candidate: Candidate, returns: readonly number[]): Score {
  const near = widenExtremes(candidate.observed, returns);
  const bounds = limitReach(findReturnBounds(state, returns), near);
  return computeScore(returns, bounds, state.settings.acceptance.confidence);
}

/** Summarises all episodes of a candidate without an interval, which takes much longer; `null` before the first. */
export function summariseAllEpisodes(
  state: RunState,
  candidate: Candidate,
): Pick<Score, 'mean' | 'deviation' | 'episodes'> | null {
  const returns = [...collectReturns(state, candidate).values()];
  return returns.length === 0 ? null : summarise(returns, 0, 0);
}

/** Scores all episodes of a candidate; `null` before the first. Where it was chosen by them, they flatter it. */
export function scoreAllEpisodes(state: RunState, candidate: Candidate): Score | null {
  const returns = [...collectReturns(state, candidate).values()];
  if (returns.length === 0) return null;
  return scoreReturns(state, candidate, returns);
}
