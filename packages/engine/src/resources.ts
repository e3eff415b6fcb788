/**
 * The one table of what a run can spend: how each kind is counted, called and shown, and which of them a budget may
 * limit. The schema of events, the settings, the fold, budget checks, views and Python's reading follow it.
 */
import { z } from 'zod';

/** What an event has used of each kind that repeats exactly; zero fields are absent. */
export const resourceUsage = z.strictObject({
  episodes: z.int().nonnegative().optional(),
  steps: z.int().nonnegative().optional(),
  modelSteps: z.int().nonnegative().optional(),
  calls: z.int().nonnegative().optional(),
  tokensIn: z.int().nonnegative().optional(),
  tokensOut: z.int().nonnegative().optional(),
  /** US dollars. */
  money: z.number().nonnegative().optional(),
});

/** What was used of each kind that events count; an absent kind was not used. */
export type ResourceUsage = z.infer<typeof resourceUsage>;

/** What a whole run has used, with every kind that events count. */
export type ResourceTotals = { readonly [K in keyof ResourceUsage]-?: number };

/** How a kind of resource is written down and shown. */
export interface ResourceKind {
  /** The name of its column in Python's data frames. */
  readonly column: string;
  /** For people. */
  readonly label: string;
  /** Whether only the author's model calls use it, so that searches and episodes never do. */
  readonly isOnlyForModels: boolean;
}

/** The kinds that events count, by their names in events. */
export const RESOURCE_KINDS: Readonly<Record<keyof ResourceUsage, ResourceKind>> = {
  episodes: { column: 'episodes', label: 'episodes', isOnlyForModels: false },
  steps: { column: 'steps', label: 'steps', isOnlyForModels: false },
  modelSteps: { column: 'model_steps', label: 'model steps', isOnlyForModels: false },
  calls: { column: 'calls', label: 'model calls', isOnlyForModels: true },
  tokensIn: { column: 'tokens_in', label: 'tokens in', isOnlyForModels: true },
  tokensOut: { column: 'tokens_out', label: 'tokens out', isOnlyForModels: true },
  money: { column: 'money', label: 'money', isOnlyForModels: true },
};

/** Totals before anything was used. */
export const NO_USAGE: ResourceTotals = {
  episodes: 0,
  steps: 0,
  modelSteps: 0,
  calls: 0,
  tokensIn: 0,
  tokensOut: 0,
  money: 0,
};

const KINDS = resourceUsage.keyof().options;

/** Adds two usages over every kind; zero fields stay absent. */
export function addUsage(a: ResourceUsage, b: ResourceUsage): ResourceUsage {
  const sums = KINDS.map((kind) => [kind, (a[kind] ?? 0) + (b[kind] ?? 0)] as const);
  return Object.fromEntries(sums.filter(([, amount]) => amount > 0));
}

/** Copies a usage as events have it: known kinds only, zero fields left out. */
export function trimUsage(usage: ResourceUsage): ResourceUsage {
  return addUsage(usage, {});
}

/** Adds a usage to a run's totals, over every kind. */
export function addToTotals(totals: ResourceTotals, usage: ResourceUsage): ResourceTotals {
  const sums = { ...totals };
  for (const kind of KINDS) sums[kind] += usage[kind] ?? 0;
  return sums;
}

/** What a run may spend, in any mix; `null` is unlimited. */
export const budgetSchema = z.strictObject({
  episodes: z.int().positive().nullable(),
  steps: z.int().positive().nullable(),
  /** CPU seconds of workers and policies. */
  cpuSeconds: z.number().positive().nullable(),
  /** Wall seconds: a guard. */
  wallSeconds: z.number().positive().nullable(),
  calls: z.int().positive().nullable(),
  tokens: z.int().positive().nullable(),
  /** US dollars. */
  money: z.number().positive().nullable(),
});

/** The limits of a run; `null` is unlimited. */
export type Budget = z.infer<typeof budgetSchema>;

/** How a budget is measured and shown. */
export interface BudgetKind {
  /** Kinds of usage that count against it; `clock` for what a clock measures, which never repeats exactly. */
  readonly counts: readonly (keyof ResourceUsage)[] | 'clock';
  /** The word for it in the cell language and in views. */
  readonly label: string;
  /** The unit behind a number of it: `s`, `$`, or empty for counts. */
  readonly unit: string;
  /** What a sentence calls its unit, in the plural. */
  readonly plural: string;
  /** Whether only the author's model calls spend it. */
  readonly isOnlyForModels: boolean;
}

/** Every limit that a run may declare, in the order in which it is shown. */
export const BUDGET_KINDS: Readonly<Record<keyof Budget, BudgetKind>> = {
  episodes: { counts: ['episodes'], label: 'episodes', unit: '', plural: 'episodes', isOnlyForModels: false },
  steps: { counts: ['steps'], label: 'steps', unit: '', plural: 'steps', isOnlyForModels: false },
  cpuSeconds: { counts: 'clock', label: 'cpu', unit: 's', plural: 'CPU seconds', isOnlyForModels: false },
  wallSeconds: { counts: 'clock', label: 'wall', unit: 's', plural: 'seconds', isOnlyForModels: false },
  calls: { counts: ['calls'], label: 'calls', unit: '', plural: 'calls', isOnlyForModels: true },
  tokens: {
    counts: ['tokensIn', 'tokensOut'],
    label: 'tokens',
    unit: '',
    plural: 'tokens',
    isOnlyForModels: true,
  },
  money: { counts: ['money'], label: 'money', unit: '$', plural: 'dollars', isOnlyForModels: true },
};

/** The names of all limits, in the order in which they are shown. */
export const BUDGET_NAMES: readonly (keyof Budget)[] = budgetSchema.keyof().options;

/** How much of a limit events have used; `null` for what a clock measures. */
export function countSpent(budget: keyof Budget, usage: ResourceTotals): number | null {
  const { counts } = BUDGET_KINDS[budget];
  return counts === 'clock' ? null : counts.reduce((sum, kind) => sum + usage[kind], 0);
}
