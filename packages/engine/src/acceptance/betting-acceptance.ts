/** Acceptance by betting on paired differences; see `betting.ts` for why. */
import type { Verdict } from '../events';
import type { Acceptance, Comparison, Conclusion, Question } from './acceptance';
import { Evidence, lowerLimit, upperLimit } from './betting';
import { clip } from './return-bounds';
import { summarised } from './score';

export const bettingAcceptance: Acceptance = {
  withinReach({ test, bounds, margin, alpha, mostPairs }, gain) {
    const evidence = new Evidence(test === 'gain' ? 0 : -margin, bounds.low - bounds.high);
    for (let pair = 0; pair < mostPairs; pair++) evidence.add(Math.min(gain, bounds.high - bounds.low));
    return evidence.log >= -Math.log(alpha);
  },
  begin: (question) => new BettingComparison(question),
};

/** Where evidence comes sooner, the winner plays on to a score that is worth showing. */
const fewestForTitle = 32;
/** Before so many pairs, slow evidence is no sign of its end: crashes that decide are rare. */
const earliestForecast = 48;
/** A comparison goes on while its evidence, continued to the last pair, would make this part of what is needed. */
const hopeful = 0.5;

class BettingComparison implements Comparison {
  private readonly differences: number[] = [];
  private readonly enough: number;
  private readonly extent: number;
  /** That the difference exceeds 0, or −margin for a simplification. */
  private readonly merit: Evidence;
  /** That it stays below the margin, or below −margin for a simplification. */
  private readonly futility: Evidence;

  constructor(private readonly question: Question) {
    const { bounds, margin, test, alpha } = question;
    this.enough = -Math.log(alpha);
    this.extent = bounds.high - bounds.low;
    this.merit = new Evidence(test === 'gain' ? 0 : -margin, -this.extent);
    this.futility = new Evidence(test === 'gain' ? -margin : margin, -this.extent);
  }

  add(challenger: readonly number[], champion: readonly number[]): void {
    challenger.forEach((value, index) => {
      const other = champion[index];
      if (other === undefined) throw new Error('a challenger and its champion play the same seeds');
      const difference = clip(value, this.question.bounds) - clip(other, this.question.bounds);
      this.differences.push(difference);
      this.merit.add(difference);
      this.futility.add(-difference);
    });
  }

  get settled(): boolean {
    const won = this.merit.log >= this.enough && this.differences.length >= fewestForTitle;
    return won || this.futility.log >= this.enough || this.hopeless;
  }

  /** Stopping early costs power and never validity: whatever is undecided then is called undecided. */
  private get hopeless(): boolean {
    const pairs = this.differences.length;
    if (pairs < earliestForecast) return false;
    return (this.merit.log * this.question.mostPairs) / pairs < hopeful * this.enough;
  }

  conclude(): Conclusion {
    const { alpha } = this.question;
    const low = lowerLimit(this.differences, -this.extent, alpha);
    const high = upperLimit(this.differences, this.extent, alpha);
    return {
      verdict: this.verdict(low, high),
      difference: summarised(this.differences, low, high),
    };
  }

  private verdict(low: number, high: number): Verdict {
    const { test, margin } = this.question;
    if (this.merit.log >= this.enough) return test === 'gain' || low > 0 ? 'better' : 'equivalent';
    if (high < 0) return 'worse';
    return test === 'gain' && high < margin ? 'equivalent' : 'undecided';
  }
}
