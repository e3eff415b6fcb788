/** When a run has nothing left to gain that is worth its episodes. */
import { findMinEffect } from '../acceptance/min-effect';
import { findNearbyBounds } from '../acceptance/return-bounds';
import { isRefused } from '../choice/golden';
import { summariseAllEpisodes } from '../choice/score-all-episodes';
import type { RunState } from '../state';
import { findHead } from './context';

/** Episodes that all have the same return before a head is taken to have no other. */
const MIN_EQUAL_EPISODES = 8;

/** Whether the head reaches the environment's registered threshold. */
export function isSolved(state: RunState): boolean {
  const { rewardThreshold } = state.facts;
  const mean = summariseHead(state)?.mean;
  return mean !== undefined && rewardThreshold !== null && mean >= rewardThreshold;
}

/**
 * Whether no gain of the minimum effect is left: the head's mean is within δ of the declared upper bound, or it reaches the
 * threshold with the same return on every seed, as a task does that ends at its best.
 */
export function isSaturated(state: RunState): boolean {
  const score = summariseHead(state);
  if (score === null || score.episodes < MIN_EQUAL_EPISODES) return false;
  const bounds = findNearbyBounds(state);
  if (!bounds.assumed && bounds.high - score.mean < findMinEffect(state, bounds)) return true;
  return isSolved(state) && score.deviation === 0;
}

/** Summarises the head; `null` where it loses a golden case, and another one is still looked for. */
function summariseHead(state: RunState): ReturnType<typeof summariseAllEpisodes> {
  const head = findHead(state);
  return head === null || isRefused(state, head) ? null : summariseAllEpisodes(state, head);
}
