/** The decision whether a challenger is promoted. */
import type { Score, Verdict } from '../events';
import type { ReturnBounds } from './return-bounds';

/** What one comparison asks, and within which limits. */
export interface TestQuestion {
  /** `gain`: is the challenger better? `noninferiority`: is it less than `minEffect` worse? */
  readonly test: 'gain' | 'noninferiority';
  readonly bounds: ReturnBounds;
  /** The minimum effect, in return, positive: a smaller gain does not count, and a simplification may cost no more. */
  readonly minEffect: number;
  /** The probability of a false acceptance that is allowed. */
  readonly alpha: number;
  /** The number of pairs after which the comparison must end. */
  readonly mostPairs: number;
}

/** What a comparison has shown when it ends. */
export interface TestConclusion {
  /** `better` promotes the challenger; so does `equivalent` where the test is for non-inferiority. */
  readonly verdict: Verdict;
  /** The mean difference (challenger − champion); each limit holds at 1 − alpha. */
  readonly difference: Score;
}

/** One comparison under way. The same returns always give the same verdict. */
export interface SequentialTest {
  /** Adds the returns on one block of common seeds, pair by pair. */
  add(challenger: readonly number[], champion: readonly number[]): void;
  /** Whether more pairs are not worth their episodes. */
  readonly isSettled: boolean;
  /** Concludes from the pairs so far, of which there must be one at least. */
  conclude(): TestConclusion;
}

/** The pairs that are played before the first look. */
const FIRST_BLOCK_PAIRS = 16;
/** The length of a later block, as a part of the pairs played before it. */
const BLOCK_GROWTH = 0.5;

/** Counts the pairs to be played before the next look at a comparison, after `done` of at most `most`. */
export function countNextPairs(done: number, most: number): number {
  return Math.min(done === 0 ? FIRST_BLOCK_PAIRS : Math.ceil(BLOCK_GROWTH * done), most - done);
}

/** A way of testing, from which the test of one comparison begins. */
export interface SequentialTestFactory {
  /** Whether a challenger that gains `gain` on every seed could be accepted; this is for before any is played. */
  isWithinReach(question: TestQuestion, gain: number): boolean;
  /** Begins the test of one comparison. */
  begin(question: TestQuestion): SequentialTest;
}
