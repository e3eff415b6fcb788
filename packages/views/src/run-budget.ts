/** What a run may spend and has spent, as rows for meters. */
import { countLimited, type RunState } from '@policybook/engine';
import { BUDGET_KINDS, BUDGET_NAMES, measureSpent, NO_CLOCK_READINGS } from '@policybook/protocol';
import type { RunPayload } from './payloads';
import type { LiveRun } from './live-run';

/** One kind of resource: what was spent, what may be, and its unit. */
export type BudgetRow = RunPayload['budget'][number];

/**
 * Limited means first, then episodes and steps, which every run spends, and what replayed calls had cost: that is the record's,
 * and was not spent again.
 */
export function buildBudgetRows(state: RunState, progress: LiveRun): readonly BudgetRow[] {
  const limits = state.settings.budget;
  const usage = countLimited(state);
  const rows = BUDGET_NAMES.map((name) => {
    const { label, unit } = BUDGET_KINDS[name];
    const isReplayed = measureSpent(name, state.replayed, NO_CLOCK_READINGS) > 0;
    const row = {
      name: isReplayed ? `${label} of the record` : label,
      spent: measureSpent(name, usage, progress),
      limit: limits[name],
      unit,
    };
    return { row, isShown: isReplayed || name === 'episodes' || name === 'steps' };
  });
  const limited = rows.filter(({ row }) => row.limit !== null);
  const free = rows.filter(({ row, isShown }) => row.limit === null && isShown);
  return [...limited, ...free].map(({ row }) => row);
}

/** Seconds until the first budget is spent at the rate so far; `null` before anything can be said. */
export function estimateSecondsLeft(rows: readonly BudgetRow[], wallSeconds: number): number | null {
  if (wallSeconds <= 0) return null;
  const each = rows.flatMap(({ spent, limit }) =>
    limit === null || spent <= 0 ? [] : [(Math.max(0, limit - spent) / spent) * wallSeconds],
  );
  return each.length === 0 ? null : Math.min(...each);
}
