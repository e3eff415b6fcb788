/** The decision whether a challenger is promoted. */
import type { Score, Verdict } from '../events';
import type { ReturnBounds } from './return-bounds';

/** What one comparison asks, and within which limits. */
export interface TestQuestion {
  /** `gain`: is the challenger better? `noninferiority`: is it less than `minEffect` worse? */
  readonly test: 'gain' | 'noninferiority';
  readonly bounds: ReturnBounds;
  /** Smallest gain worth having, or largest loss that a simplification may cost; positive, in return. */
  readonly minEffect: number;
  /** Probability of a false acceptance that is allowed. */
  readonly alpha: number;
  /** Pairs after which the comparison must end. */
  readonly mostPairs: number;
}

/** What a comparison has shown when it ends. */
export interface TestConclusion {
  /** `better` promotes the challenger; so does `equivalent` where the test is for non-inferiority. */
  readonly verdict: Verdict;
  /** Of challenger − champion; each limit holds at 1 − alpha. */
  readonly difference: Score;
}

/** One comparison under way; deterministic in what it was given. */
export interface SequentialTest {
  /** Returns on one block of common seeds, pair by pair. */
  add(challenger: readonly number[], champion: readonly number[]): void;
  /** More pairs are not worth their episodes. */
  readonly isSettled: boolean;
  /** After at least one pair. */
  conclude(): TestConclusion;
}

const FIRST_BLOCK_PAIRS = 16;
const BLOCK_GROWTH = 0.5;

/** Pairs to be played between two looks at a comparison, after `done` of at most `most`. */
export function countNextPairs(done: number, most: number): number {
  return Math.min(done === 0 ? FIRST_BLOCK_PAIRS : Math.ceil(BLOCK_GROWTH * done), most - done);
}

/** A way of testing, from which the test of one comparison begins. */
export interface SequentialTestKind {
  /** Whether a challenger that gains `gain` on every seed could be accepted; for before any is played. */
  isWithinReach(question: TestQuestion, gain: number): boolean;
  begin(question: TestQuestion): SequentialTest;
}
