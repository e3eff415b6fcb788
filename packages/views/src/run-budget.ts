/** What a run may spend and has spent, as rows for meters. */
import type { RunState } from '@policybook/engine';
import { BUDGET_KINDS, BUDGET_NAMES, measureSpent } from '@policybook/protocol';
import type { RunPayload } from './payloads';
import type { LiveRun } from './live-run';

/** One kind of resource: what was spent, what may be, and its unit. */
export type BudgetRow = RunPayload['budget'][number];

/** Limited means first, then episodes and steps, which every run spends. */
export function buildBudgetRows(state: RunState, progress: LiveRun): readonly BudgetRow[] {
  const limits = state.settings.budget;
  const rows = BUDGET_NAMES.map((name) => ({
    name: BUDGET_KINDS[name].label,
    spent: measureSpent(name, state.usage, progress),
    limit: limits[name],
    unit: BUDGET_KINDS[name].unit,
  }));
  const limited = rows.filter(({ limit }) => limit !== null);
  const free = rows.filter(({ name, limit }) => limit === null && (name === 'episodes' || name === 'steps'));
  return [...limited, ...free];
}

/** Seconds until the first budget is spent at the rate so far; `null` before anything can be said. */
export function estimateSecondsLeft(rows: readonly BudgetRow[], wallSeconds: number): number | null {
  if (wallSeconds <= 0) return null;
  const each = rows.flatMap(({ spent, limit }) =>
    limit === null || spent <= 0 ? [] : [(Math.max(0, limit - spent) / spent) * wallSeconds],
  );
  return each.length === 0 ? null : Math.min(...each);
}
