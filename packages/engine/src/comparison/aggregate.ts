/**
 * What the scores of several replicates come to (Agarwal and others, "Deep Reinforcement Learning at the Edge of the
 * Statistical Precipice"): aggregates that a lucky replicate, or an unlucky one, does not decide.
 */
import { computeMean } from '../acceptance/score';

/** Computes the mean of the middle half: a quarter of the values, rounded down, is left out at either end. */
export function computeInterquartileMean(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const cut = Math.floor(sorted.length / 4);
  return computeMean(sorted.slice(cut, sorted.length - cut));
}

/** Computes the probability that a value of `x` is above one of `y`, ties half: Mann and Whitney's U, as a share of all pairs. */
export function computeImprovementProbability(x: readonly number[], y: readonly number[]): number {
  const sorted = [...y].sort((a, b) => a - b);
  const wins = x.reduce((sum, value) => sum + countBelow(sorted, value) + countUpTo(sorted, value), 0);
  return wins / (2 * x.length * y.length);
}

/** Computes the share of the values above each threshold: a performance profile. */
export function computeSharesAbove(values: readonly number[], thresholds: readonly number[]): number[] {
  const sorted = [...values].sort((a, b) => a - b);
  return thresholds.map((threshold) => (sorted.length - countUpTo(sorted, threshold)) / sorted.length);
}

/** Computes the quantile of sorted values by linear interpolation, as NumPy does by default; `share` is in [0, 1]. */
export function computeQuantile(sorted: ArrayLike<number>, share: number): number {
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below] ?? Number.NaN;
  const high = sorted[below + 1] ?? low;
  return low + (position - below) * (high - low);
}

/** Counts the sorted values that are less than `value`. */
function countBelow(sorted: readonly number[], value: number): number {
  return countWhile(sorted, (each) => each < value);
}

function countUpTo(sorted: readonly number[], value: number): number {
  return countWhile(sorted, (each) => each <= value);
}

/** Counts the values before the first one that `holds` is false for; the values must be sorted so that it is false from there on. */
function countWhile(sorted: readonly number[], isCounted: (value: number) => boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isCounted(sorted[middle] ?? Number.NaN)) low = middle + 1;
    else high = middle;
  }
  return low;
}
