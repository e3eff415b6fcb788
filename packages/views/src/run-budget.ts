/** What a run may spend and has spent, as rows for meters. */
import type { Budget, ResourceTotals, RunState } from '@policybook/engine';
import type { RunPayload } from './payloads';
import type { RunProgress } from './run-progress';

export type BudgetRow = RunPayload['budget'][number];

const units: Readonly<Record<keyof Budget, string>> = {
  episodes: '',
  steps: '',
  cpuSeconds: 's',
  wallSeconds: 's',
  calls: '',
  tokens: '',
  money: '$',
};

/** Limited means first, then episodes and steps, which every run spends. */
export function budgetRows(state: RunState, progress: RunProgress): readonly BudgetRow[] {
  const limits = state.settings.budget;
  const spent = spending(state.usage, progress);
  const rows = budgetNames.map((name) => ({
    name: labels[name] ?? name,
    spent: spent[name],
    limit: limits[name],
    unit: units[name],
  }));
  const limited = rows.filter(({ limit }) => limit !== null);
  const free = rows.filter(({ name, limit }) => limit === null && (name === 'episodes' || name === 'steps'));
  return [...limited, ...free];
}

/** Seconds until the first budget is spent at the rate so far; `null` before anything can be said. */
export function secondsLeft(rows: readonly BudgetRow[], wallSeconds: number): number | null {
  if (wallSeconds <= 0) return null;
  const each = rows.flatMap(({ spent, limit }) =>
    limit === null || spent <= 0 ? [] : [(Math.max(0, limit - spent) / spent) * wallSeconds],
  );
  return each.length === 0 ? null : Math.min(...each);
}

const labels: Partial<Record<keyof Budget, string>> = { cpuSeconds: 'cpu', wallSeconds: 'wall' };
const budgetNames: readonly (keyof Budget)[] = [
  'episodes',
  'steps',
  'cpuSeconds',
  'wallSeconds',
  'calls',
  'tokens',
  'money',
];

function spending(meter: ResourceTotals, progress: RunProgress): Readonly<Record<keyof Budget, number>> {
  const { episodes, steps, calls, tokensIn, tokensOut, money } = meter;
  return {
    episodes,
    steps,
    cpuSeconds: progress.cpuSeconds,
    wallSeconds: progress.wallSeconds,
    calls,
    tokens: tokensIn + tokensOut,
    money,
  };
}
