/** The `returns:` that would hold all that a run has seen, as a text to paste into its cell. */
import type { ReturnBounds } from './return-bounds';
import type { RunState } from '../state';

/** The digits that a proposed bound keeps; it is rounded away from the returns, so that it holds them. */
const PROPOSED_DIGITS = 3;

/** How many times as wide as the bounds in use a proposal may be before comparisons in it would hardly decide anything. */
const DECIDABLE_TIMES = 10;

/**
 * Proposes declared bounds that hold every return seen so far, as "returns: [-1410, 281] would hold all of them"; `null`
 * before there is a return, and where the bounds hold them already.
 */
export function proposeReturns(
  { observed }: Pick<RunState, 'observed'>,
  bounds: ReturnBounds,
): string | null {
  if (observed === null || (observed.low >= bounds.low && observed.high <= bounds.high)) return null;
  const low = roundOutward(Math.min(observed.low, bounds.low), -1);
  const high = roundOutward(Math.max(observed.high, bounds.high), 1);
  const isTooWide = high - low > DECIDABLE_TIMES * (bounds.high - bounds.low);
  const cost = isTooWide
    ? ', but comparisons decide hardly anything in so wide a range: declare narrower bounds where the outliers may be clipped'
    : '';
  return `returns: [${String(low)}, ${String(high)}] would hold all of them${cost}`;
}

/** Rounds to a few digits, up or down: `direction` is 1 or -1. */
function roundOutward(value: number, direction: 1 | -1): number {
  const nearest = Number(value.toPrecision(PROPOSED_DIGITS));
  if (direction * (nearest - value) >= 0) return nearest;
  const unit = 10 ** (Math.floor(Math.log10(Math.abs(value))) - PROPOSED_DIGITS + 1);
  return Number((nearest + direction * unit).toPrecision(PROPOSED_DIGITS));
}
