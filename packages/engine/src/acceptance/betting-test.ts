/** The sequential test by betting on paired differences; `betting.ts` says why. */
import type { Verdict } from '../events';
import type { SequentialTestFactory, SequentialTest, TestConclusion, TestQuestion } from './sequential-test';
import { BettingMartingale, findLowerLimit, findUpperLimit } from './betting';
import { clip } from './return-bounds';
import { summarise } from './score';

/** The test by betting, as a kind of sequential test. */
export const bettingTest: SequentialTestFactory = {
  isWithinReach({ test, bounds, minEffect, alpha, mostPairs }, gain) {
    const evidence = new BettingMartingale(test === 'gain' ? 0 : -minEffect, bounds.low - bounds.high);
    for (let pair = 0; pair < mostPairs; pair++) evidence.add(Math.min(gain, bounds.high - bounds.low));
    return evidence.logEValue >= -Math.log(alpha);
  },
  begin: (question) => new BettingTest(question),
};

/** Pairs that a promotion takes at least: where evidence comes sooner, the challenger plays on to a score worth showing. */
export const MIN_PAIRS_FOR_PROMOTION = 32;
/** Pairs before which slow evidence is no sign that no more will come: crashes that decide are rare. */
const MIN_PAIRS_FOR_FORECAST = 48;
/** A comparison goes on while its evidence, continued to the last pair, would make this part of what is needed. */
const FUTILITY_SHARE = 0.5;

class BettingTest implements SequentialTest {
  private readonly differences: number[] = [];
  private readonly threshold: number;
  private readonly extent: number;
  /** The evidence that the difference exceeds 0, or −`minEffect` for a simplification. */
  private readonly superiority: BettingMartingale;
  /** The evidence that it stays below `minEffect`, or below −`minEffect` for a simplification. */
  private readonly futility: BettingMartingale;

  constructor(private readonly question: TestQuestion) {
    const { bounds, minEffect, test, alpha } = question;
    this.threshold = -Math.log(alpha);
    this.extent = bounds.high - bounds.low;
    this.superiority = new BettingMartingale(test === 'gain' ? 0 : -minEffect, -this.extent);
    this.futility = new BettingMartingale(test === 'gain' ? -minEffect : minEffect, -this.extent);
  }

  add(challenger: readonly number[], champion: readonly number[]): void {
    challenger.forEach((value, index) => {
      const other = champion[index];
      if (other === undefined) throw new Error('a challenger and its champion play the same seeds');
      const difference = clip(value, this.question.bounds) - clip(other, this.question.bounds);
      this.differences.push(difference);
      this.superiority.add(difference);
      this.futility.add(-difference);
    });
  }

  get isSettled(): boolean {
    const isBetter =
      this.superiority.logEValue >= this.threshold && this.differences.length >= MIN_PAIRS_FOR_PROMOTION;
    return isBetter || this.futility.logEValue >= this.threshold || this.isFutile || this.isEqual;
  }

  /** Equal returns on every pair are no lack of evidence: both may be at the ceiling, and more pairs would be equal, too. */
  private get isEqual(): boolean {
    return (
      this.differences.length >= MIN_PAIRS_FOR_PROMOTION && this.differences.every((value) => value === 0)
    );
  }

  /** Stopping early costs power and never validity: whatever is undecided then is called undecided. */
  private get isFutile(): boolean {
    const pairs = this.differences.length;
    if (pairs < MIN_PAIRS_FOR_FORECAST) return false;
    return (this.superiority.logEValue * this.question.mostPairs) / pairs < FUTILITY_SHARE * this.threshold;
  }

  conclude(): TestConclusion {
    const { alpha } = this.question;
    const low = findLowerLimit(this.differences, -this.extent, alpha);
    const high = findUpperLimit(this.differences, this.extent, alpha);
    return {
      verdict: this.decide(low, high),
      difference: summarise(this.differences, low, high),
    };
  }

  private decide(low: number, high: number): Verdict {
    const { test, minEffect } = this.question;
    if (this.superiority.logEValue >= this.threshold)
      return test === 'gain' || low > 0 ? 'better' : 'equivalent';
    if (high < 0) return 'worse';
    return test === 'gain' && (high < minEffect || this.isEqual) ? 'equivalent' : 'undecided';
  }
}
