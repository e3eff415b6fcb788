/** How long a comparison would be. */
import { computeMean } from './score';
import { MIN_PAIRS_FOR_PROMOTION } from './betting-test';
import { BettingMartingale } from './betting';
import { clip } from './return-bounds';
import type { TestQuestion } from './sequential-test';

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
  for (let pair = 0; pair < mostPairs; pair++) {
    const difference = (differences[pair % differences.length] ?? 0) + shift;
    evidence.add(Math.max(-extent, Math.min(extent, difference)));
    if (evidence.logEValue >= -Math.log(alpha))
      return Math.min(mostPairs, Math.max(pair + 1, MIN_PAIRS_FOR_PROMOTION));
  }
  return null;
}
