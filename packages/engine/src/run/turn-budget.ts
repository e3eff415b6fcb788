/** What one answer of an author has spent before it is an event, so that all that is done for it keeps to one budget. */
import {
  addUsage,
  countSpent,
  COUNTED_BUDGET_NAMES,
  collectRows,
  type ResourceUsage,
} from '@policybook/protocol';
import { countAffordableEpisodes, readBudgetLeft } from '../budget/budget';
import type { BudgetLeft } from '../ports';
import type { RunState } from '../state';

/** The part of the episodes left that tools may take in one turn of an author: the rest is for what it proposes. */
const TOOLS_SHARE = 0.5;

/** Counts what is done for one answer, from the state in which its author was asked. */
export class TurnBudget {
  private spent: ResourceUsage = {};

  constructor(private readonly state: RunState) {}

  /** What is left of the budget after all that was done for this answer; `null` is unlimited. */
  get left(): BudgetLeft {
    const left = readBudgetLeft(this.state);
    return collectRows(
      COUNTED_BUDGET_NAMES.map((name) => {
        const most = left[name];
        return [name, most === null ? null : Math.max(0, most - countSpent(name, this.spent))];
      }),
    );
  }

  /** Counts the episodes that may still be played for this answer; Infinity where nothing limits them. */
  get episodes(): number {
    return countAffordableEpisodes(this.state) - (this.spent.episodes ?? 0);
  }

  /** Counts the episodes that the author's tools may still play. */
  get episodesForTools(): number {
    return Math.floor(TOOLS_SHARE * countAffordableEpisodes(this.state) - (this.spent.episodes ?? 0));
  }

  /** Takes off what was done for this answer. */
  spend(usage: ResourceUsage): void {
    this.spent = addUsage(this.spent, usage);
  }
}
