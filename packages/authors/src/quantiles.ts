/** Quantiles of a few numbers. */
import { computeQuantile } from '@policybook/engine';

/** Computes the quantiles of numbers at these shares, from 0 to 1. */
export function computeQuantiles(numbers: readonly number[], shares: readonly number[]): number[] {
  const sorted = [...numbers].sort((one, other) => one - other);
  return shares.map((share) => computeQuantile(sorted, share));
}
