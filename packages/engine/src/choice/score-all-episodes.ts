/** The score of a candidate over all of its episodes, those by which it was chosen included. */
import { findNearbyBounds } from '../acceptance/return-bounds';
import { computeScore } from '../acceptance/score';
import type { Score } from '../events';
import type { Candidate, RunState } from '../state';
import { collectReturns } from './field';

/** Scores all episodes of a candidate; `null` before the first. Where it was chosen by them, they flatter it. */
export function scoreAllEpisodes(state: RunState, candidate: Candidate): Score | null {
  const returns = [...collectReturns(state, candidate).values()];
  if (returns.length === 0) return null;
  return computeScore(returns, findNearbyBounds(state), state.settings.acceptance.confidence);
}
