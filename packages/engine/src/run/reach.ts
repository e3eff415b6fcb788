/** Whether what is left could still tell a better policy from the head: if not, no author is asked for one. */
import { findNearbyBounds } from '../acceptance/return-bounds';
import { countAffordableEpisodes } from '../budget/budget';
import { MIN_HEAD_EPISODES } from '../choice/field';
import { isRefused } from '../choice/golden';
import { summariseAllEpisodes } from '../choice/score-all-episodes';
import { formatNumber } from '../format-number';
import type { RunState } from '../state';
import { findHead } from './context';

/** A gain that is too small for the episodes left. */
export interface HopelessGain {
  readonly mean: number;
  /** The highest return that there is, as far as is known. */
  readonly highest: number;
  /** The episodes left. */
  readonly episodes: number;
}

/**
 * Finds what a perfect policy would gain on the head, where that is too little to be seen: one standard error of a paired difference on
 * all episodes left, when one side always has the highest return. `null` where it could be seen, or too little is known, and where
 * the head loses a golden case, which a worse policy might hold.
 */
export function findHopelessGain(state: RunState): HopelessGain | null {
  const head = findHead(state);
  const score = head === null || isRefused(state, head) ? null : summariseAllEpisodes(state, head);
  if (score === null || score.episodes < MIN_HEAD_EPISODES) return null;
  const episodes = countAffordableEpisodes(state);
  const { high: highest } = findNearbyBounds(state);
  const least = score.deviation / Math.sqrt(Math.max(1, episodes / 2));
  return highest - score.mean < least ? { mean: score.mean, highest, episodes } : null;
}

/** Formats as "the best policy's mean of 294.7 is so near to the highest return of 300 that about 43 episodes could not tell a better one from it". */
export function formatHopelessGain({ mean, highest, episodes }: HopelessGain): string {
  return `the best policy's mean of ${formatNumber(mean)} is so near to the highest return of ${formatNumber(highest)} that the ${Math.floor(episodes)} episodes left could not tell a better one from it`;
}
