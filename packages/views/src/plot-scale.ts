/** What a plot shows of many values: the span of returns worth showing, and fewer points where it cannot show all. */

/** A span of returns, from `low` to `high`. */
export interface ValueRange {
  readonly low: number;
  readonly high: number;
}

/**
 * Chooses a range in which the latest progress can be read.
 *
 * One bad first attempt (-600 where the champion has 270) would squeeze everything that matters into a stripe.
 * So values far below the bulk are left out, measured by the distance from the median to the top; but never more
 * than three quarters of the whole span, so that the climb stays visible. `wanted` values (a threshold) are
 * included where they do not squeeze the rest, and while there is too little to squeeze.
 */
export function chooseValueRange(values: readonly number[], wanted: readonly number[]): ValueRange {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  const bottom = sorted[0];
  const top = sorted.at(-1);
  if (bottom === undefined || top === undefined)
    return padRange(Math.min(0, ...wanted), Math.max(1, ...wanted));
  const low = findFloor(sorted, bottom, top);
  const reach = 2 * Math.max(top - low, Number.EPSILON);
  const near = wanted.filter((value) => sorted.length < 4 || (value <= top + reach && value >= low - reach));
  return padRange(Math.min(low, ...near), Math.max(top, ...near));
}

function findFloor(sorted: readonly number[], bottom: number, top: number): number {
  const median = sorted[Math.floor(sorted.length / 2)] ?? bottom;
  const fence = median - 4 * (top - median);
  const bulk = sorted.find((value) => value >= fence) ?? bottom;
  return Math.max(bottom, Math.min(bulk, top - (top - bottom) / 4));
}

function padRange(low: number, high: number): ValueRange {
  const margin = high > low ? 0.08 * (high - low) : Math.max(1, 0.05 * Math.abs(high));
  return { low: low - margin, high: high + margin };
}

/**
 * Picks at most about `most` items, in their order: each of equal stretches keeps its lowest and its highest, which is
 * what the eye sees of many points. The newest always stays.
 */
export function thinPoints<T>(items: readonly T[], most: number, value: (item: T) => number): readonly T[] {
  if (items.length <= most) return items;
  const stretches = Math.max(1, Math.floor(most / 2));
  const kept = new Set<T>(items.slice(-1));
  for (let index = 0; index < stretches; index += 1) {
    const stretch = items.slice(
      Math.floor((index * items.length) / stretches),
      Math.floor(((index + 1) * items.length) / stretches),
    );
    const byValue = stretch.toSorted((a, b) => value(a) - value(b));
    for (const item of [...byValue.slice(0, 1), ...byValue.slice(-1)]) kept.add(item);
  }
  return items.filter((item) => kept.has(item));
}
