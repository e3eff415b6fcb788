/** How well an author has predicted what its policies gain, for people and for the author itself. */
import { formatQuantity } from '@policybook/protocol';
import { measureDifference } from '../choice/compare-with';
import type { RunState } from '../state';

/** A measured gain confirms the size of a predicted one within so many of its standard errors. */
const CONFIRMING_ERRORS = 2;

/**
 * Formats as "7 gains predicted, 5 measured: 4 had the right sign, 2 the right size (within two standard errors)"; `null`
 * where nothing was predicted. A gain is measured on two seeds at least that a policy and its parent have both played.
 */
export function formatPredictions(state: RunState): string | null {
  const predicted = [...state.candidates.values()].flatMap(({ id, parent, expected }) =>
    expected === null || parent === null ? [] : [{ expected, ...measureDifference(state, id, parent) }],
  );
  if (predicted.length === 0) return null;
  const measured = predicted.flatMap(({ expected, difference, standardError }) =>
    difference === null || standardError === null ? [] : [{ expected, difference, standardError }],
  );
  const heading = `${formatQuantity(predicted.length, 'gain')} predicted, ${measured.length} measured`;
  if (measured.length === 0) return heading;
  const signs = measured.filter(({ expected, difference }) => Math.sign(expected) === Math.sign(difference));
  const sizes = measured.filter(
    ({ expected, difference, standardError }) =>
      Math.abs(expected - difference) <= CONFIRMING_ERRORS * standardError,
  );
  return `${heading}: ${signs.length} had the right sign, ${sizes.length} the right size (within two standard errors)`;
}
