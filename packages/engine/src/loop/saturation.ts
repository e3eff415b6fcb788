/** When more looking cannot be worth its episodes. */
import { minimalGain } from '../acceptance/minimal-gain';
import { returnBounds } from '../acceptance/return-bounds';
import type { RunState } from '../state';
import { champion } from './context';

/** The champion reaches the environment's registered threshold. */
export function solved(state: RunState): boolean {
  const mean = champion(state)?.score?.mean;
  const { rewardThreshold } = state.facts;
  return mean !== undefined && rewardThreshold !== null && mean >= rewardThreshold;
}

/**
 * No gain worth having is left: the champion's mean is within δ of the declared upper bound, or it reaches the
 * threshold with the same return on every seed, as a task does that ends at its best.
 */
export function saturated(state: RunState): boolean {
  const score = champion(state)?.score ?? null;
  if (score === null) return false;
  const bounds = returnBounds(state);
  if (!bounds.assumed && bounds.high - score.mean < minimalGain(state, bounds)) return true;
  return solved(state) && score.deviation === 0;
}
