/** How long a comparison would be. */
import { computeMean } from './score';
import { MIN_PAIRS_FOR_PROMOTION } from './betting-test';
import { BettingMartingale } from './betting';
import { clip } from './return-bounds';
import type { TestQuestion } from './sequential-test';

/** How exact a forecast is, as a part of the pairs that it names. */
const FORECAST_STEP = 0.05;

/**
 * Forecasts after how many pairs a gain would be shown, if differences went on like those of `values` and `others`, moved so
 * that their mean is `gain`; `null` where `mostPairs` would not show it, or no pair is known.
 */
export function forecastPairs(
  { bounds, alpha, mostPairs }: Pick<TestQuestion, 'bounds' | 'alpha' | 'mostPairs'>,
  { values, others }: { readonly values: readonly number[]; readonly others: readonly number[] },
  gain: number,
): number | null {
  if (gain <= 0 || values.length === 0) return null;
  const differences = values.map(
    (value, index) => clip(value, bounds) - clip(others[index] ?? value, bounds),
  );
  const shift = gain - computeMean(differences);
  const extent = bounds.high - bounds.low;
  const evidence = new BettingMartingale(0, -extent);
  for (let pairs = 0; pairs < mostPairs;) {
    // Looking at the evidence takes far longer than adding to it: a forecast need not know the very pair.
    const next = Math.min(mostPairs, pairs + Math.max(1, Math.floor(FORECAST_STEP * pairs)));
    for (; pairs < next; pairs++) {
      const difference = (differences[pairs % differences.length] ?? 0) + shift;
      evidence.add(Math.max(-extent, Math.min(extent, difference)));
    }
    if (evidence.logEValue >= -Math.log(alpha))
      return Math.min(mostPairs, Math.max(pairs, MIN_PAIRS_FOR_PROMOTION));
  }
  return null;
}
