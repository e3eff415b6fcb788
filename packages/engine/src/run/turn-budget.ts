/** What one answer of an author has spent before it is an event, so that all that is done for it keeps to one budget. */
import { addToTotals, type ResourceUsage } from '@policybook/protocol';
import { countAffordableEpisodes, readBudgetLeft } from '../budget/budget';
import type { BudgetLeft } from '../ports';
import type { RunState } from '../state';

/** The part of the episodes left that tools may take in one turn of an author: the rest is for what it proposes. */
const TOOLS_SHARE = 0.5;

/** Counts what is done for one answer, from the state in which its author was asked. */
export class TurnBudget {
  /** The state as it would be if what was done for this answer was an event. */
  private now: RunState;

  constructor(private readonly before: RunState) {
    this.now = before;
  }

  /** What is left of the budget after all that was done for this answer; `null` is unlimited. */
  get left(): BudgetLeft {
    return readBudgetLeft(this.now);
  }

  /** Counts the episodes that may still be played for this answer; Infinity where nothing limits them. */
  get episodes(): number {
    return countAffordableEpisodes(this.now);
  }

  /** Counts the episodes that the author's tools may still play. */
  get episodesForTools(): number {
    const taken = this.now.usage.episodes - this.before.usage.episodes;
    return Math.floor(Math.min(TOOLS_SHARE * countAffordableEpisodes(this.before) - taken, this.episodes));
  }

  /** Takes off what was done for this answer. */
  spend(usage: ResourceUsage): void {
    this.now = { ...this.now, usage: addToTotals(this.now.usage, usage) };
  }
}
