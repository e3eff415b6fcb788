/** The span of returns that a reward plot shows. */

export interface ValueRange {
  readonly low: number;
  readonly high: number;
}

/**
 * A range in which the latest progress can be read.
 *
 * One wretched first attempt (-600 where the champion has 270) would squeeze everything that matters into a stripe.
 * So values far below the bulk are left out, measured by the distance from the median to the top; but never more
 * than three quarters of the whole span, so that the climb stays visible. `wanted` values (a threshold) are
 * included where they do not squeeze the rest, and while there is too little to squeeze.
 */
export function valueRange(values: readonly number[], wanted: readonly number[]): ValueRange {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  const bottom = sorted[0];
  const top = sorted.at(-1);
  if (bottom === undefined || top === undefined)
    return padded(Math.min(0, ...wanted), Math.max(1, ...wanted));
  const low = floorOf(sorted, bottom, top);
  const reach = 2 * Math.max(top - low, Number.EPSILON);
  const near = wanted.filter((value) => sorted.length < 4 || (value <= top + reach && value >= low - reach));
  return padded(Math.min(low, ...near), Math.max(top, ...near));
}

function floorOf(sorted: readonly number[], bottom: number, top: number): number {
  const median = sorted[Math.floor(sorted.length / 2)] ?? bottom;
  const fence = median - 4 * (top - median);
  const bulk = sorted.find((value) => value >= fence) ?? bottom;
  return Math.max(bottom, Math.min(bulk, top - (top - bottom) / 4));
}

function padded(low: number, high: number): ValueRange {
  const margin = high > low ? 0.08 * (high - low) : Math.max(1, 0.05 * Math.abs(high));
  return { low: low - margin, high: high + margin };
}
