/** A mean with its interval, and nothing assumed of the values but their bounds. */
import type { Score } from '../events';
import { findLowerLimit, findUpperLimit } from './betting';
import { clip, type ReturnBounds } from './return-bounds';

/**
 * Computes the mean of returns as they are; the limits are those of the clipped returns, which hold together at
 * `confidence`. They are wider than mean ± 2 standard errors, and below the mean more so: no sample excludes a
 * crash that is rare enough.
 */
export function computeScore(returns: readonly number[], bounds: ReturnBounds, confidence: number): Score {
  const clipped = returns.map((value) => clip(value, bounds));
  const alpha = (1 - confidence) / 2;
  return summarise(
    returns,
    findLowerLimit(clipped, bounds.low, alpha),
    findUpperLimit(clipped, bounds.high, alpha),
  );
}

/** Computes the mean of paired differences `values` − `others`, each side clipped; the limits hold together at `confidence`. */
export function scorePairs(
  values: readonly number[],
  others: readonly number[],
  bounds: ReturnBounds,
  confidence: number,
): Score {
  const differences = values.map(
    (value, index) => clip(value, bounds) - clip(others[index] ?? value, bounds),
  );
  const extent = bounds.high - bounds.low;
  return computeScore(differences, { low: -extent, high: extent, assumed: bounds.assumed }, confidence);
}

/** Computes mean and deviation of `values`; the limits given are opened to the mean where clipping moved them past it. */
export function summarise(values: readonly number[], low: number, high: number): Score {
  const mean = computeMean(values);
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return {
    mean,
    low: Math.min(low, mean),
    high: Math.max(high, mean),
    deviation: values.length < 2 ? 0 : Math.sqrt(squares / (values.length - 1)),
    episodes: values.length,
  };
}

/** Computes the arithmetic mean; NaN for no values. */
export function computeMean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
