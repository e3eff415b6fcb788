/**
 * The stratified bootstrap over replicates: the replicates of each contestant are drawn again with replacement, as many
 * as there are, and the percentiles of what comes out are the interval. With few replicates it is too narrow: three
 * know little of what a fourth would give.
 */
import { computeQuantile } from './aggregate';

/** Where a statistic lies, at the confidence that was asked for. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** How often the replicates are drawn again: enough for two digits of a 95 % interval. */
const RESAMPLES = 2000;

/** Finds the interval of one statistic. Each of `strata` is resampled within itself; `random` gives numbers in [0, 1). */
export function bootstrapInterval<T>(
  strata: readonly (readonly T[])[],
  statistic: (resampled: readonly (readonly T[])[]) => number,
  confidence: number,
  random: () => number,
): Interval {
  const [interval] = bootstrapIntervals(strata, (resampled) => [statistic(resampled)], confidence, random);
  if (interval === undefined) throw new Error('a statistic has one value');
  return interval;
}

/** Finds the intervals of several statistics of the same resamples, each interval for itself. */
export function bootstrapIntervals<T>(
  strata: readonly (readonly T[])[],
  statistics: (resampled: readonly (readonly T[])[]) => readonly number[],
  confidence: number,
  random: () => number,
): Interval[] {
  const drawn: Float64Array[] = [];
  for (let sample = 0; sample < RESAMPLES; sample++) {
    const values = statistics(strata.map((stratum) => resample(stratum, random)));
    values.forEach((value, index) => {
      (drawn[index] ??= new Float64Array(RESAMPLES))[sample] = value;
    });
  }
  const tail = (1 - confidence) / 2;
  return drawn.map((values) => {
    // A typed array sorts numbers as numbers, and many times faster.
    values.sort();
    return { low: computeQuantile(values, tail), high: computeQuantile(values, 1 - tail) };
  });
}

function resample<T>(stratum: readonly T[], random: () => number): T[] {
  return stratum.map((own) => stratum[Math.floor(random() * stratum.length)] ?? own);
}
