/** When a run has nothing left to gain that is worth its episodes. */
import { findMinEffect } from '../acceptance/min-effect';
import { findNearbyBounds } from '../acceptance/return-bounds';
import type { RunState } from '../state';
import { findChampion } from './context';

/** Whether the champion reaches the environment's registered threshold. */
export function isSolved(state: RunState): boolean {
  const mean = findChampion(state)?.score?.mean;
  const { rewardThreshold } = state.facts;
  return mean !== undefined && rewardThreshold !== null && mean >= rewardThreshold;
}

/**
 * Whether no gain of the minimum effect is left: the champion's mean is within δ of the declared upper bound, or it reaches the
 * threshold with the same return on every seed, as a task does that ends at its best.
 */
export function isSaturated(state: RunState): boolean {
  const score = findChampion(state)?.score ?? null;
  if (score === null) return false;
  const bounds = findNearbyBounds(state);
  if (!bounds.assumed && bounds.high - score.mean < findMinEffect(state, bounds)) return true;
  return isSolved(state) && score.deviation === 0;
}
