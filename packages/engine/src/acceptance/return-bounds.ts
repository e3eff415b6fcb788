/** Between which values the return of an episode lies: what a test by betting has to know beforehand. */
import type { CandidateId } from '../events';
import type { RunState } from '../state';
import { findLatestProven } from './proven-champion';

/** The least and the greatest return that a test takes to be possible. */
export interface ReturnBounds {
  readonly low: number;
  readonly high: number;
  /** Whether they were not declared but taken from the returns seen so far. */
  readonly assumed: boolean;
}

/** Finds the bounds of returns: the declared ones, else the extremes seen so far and of `more`, their range widened by half. */
export function findReturnBounds(
  state: Pick<RunState, 'observed'> & {
    readonly settings: { readonly returns: readonly [number, number] | null };
  },
  more: readonly number[] = [],
): ReturnBounds {
  const declared = state.settings.returns;
  if (declared !== null) return { low: declared[0], high: declared[1], assumed: false };
  const { low, high } = widenExtremes(state.observed, more) ?? { low: Infinity, high: -Infinity };
  // Constant returns have no extent of their own; their size stands in for it.
  const extent = high - low || Math.abs(high) || 1;
  return { low: low - extent / 4, high: high + extent / 4, assumed: true };
}

/**
 * How far from the returns of the policies that are compared the assumed bounds may reach, in ranges of those returns. A
 * policy that runs away would else stretch them until no comparison could decide anything. Returns as far off as a crash
 * among successes still count in full; what lies beyond is clipped, and counted.
 */
const REACH_RANGES = 3;

/**
 * Finds the bounds of returns for comparisons with the champion: assumed ones reach no farther than `REACH_RANGES` from the
 * returns of the proven champion, the head and `others`. They are known before a comparison's seeds are played, so that
 * its test holds for the clipped returns.
 */
export function findNearbyBounds(
  state: Pick<RunState, 'observed' | 'candidates' | 'championHistory' | 'head' | 'settings'>,
  others: readonly CandidateId[] = [],
): ReturnBounds {
  return limitReach(findReturnBounds(state), widenExtremes(null, listExtremes(state, others)));
}

/** Lists the least and the greatest return of the proven champion, the head and `others`, where they have any. */
function listExtremes(
  state: Pick<RunState, 'candidates' | 'championHistory' | 'head'>,
  others: readonly CandidateId[],
): readonly number[] {
  return [
    findLatestProven(state),
    state.championHistory.at(-1)?.candidate,
    state.head ?? undefined,
    ...others,
  ].flatMap((id) => {
    const seen = id === undefined ? null : (state.candidates.get(id)?.observed ?? null);
    return seen === null ? [] : [seen.low, seen.high];
  });
}

/** Limits assumed bounds to `REACH_RANGES` around the returns `near`, where those have a range; declared ones stay. */
export function limitReach(bounds: ReturnBounds, near: RunState['observed']): ReturnBounds {
  if (!bounds.assumed || near === null || near.low === near.high) return bounds;
  const reach = REACH_RANGES * (near.high - near.low);
  return {
    low: Math.max(bounds.low, near.low - reach),
    high: Math.min(bounds.high, near.high + reach),
    assumed: true,
  };
}

/** Widens the extremes of returns by more returns; `null` where there is no return at all. */
export function widenExtremes(
  extremes: RunState['observed'],
  returns: Iterable<number>,
): RunState['observed'] {
  let { low, high } = extremes ?? { low: Infinity, high: -Infinity };
  for (const value of returns) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return low <= high ? { low, high } : null;
}

/** Moves a value that lies outside of the bounds to the nearer one. */
export function clip(value: number, bounds: ReturnBounds): number {
  return Math.min(bounds.high, Math.max(bounds.low, value));
}

/** Counts the returns that lie outside of the bounds. */
export function countOutside(
  returns: readonly number[],
  { low, high }: Pick<ReturnBounds, 'low' | 'high'>,
): number {
  return returns.filter((value) => value < low || value > high).length;
}
