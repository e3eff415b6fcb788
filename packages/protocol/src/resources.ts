/**
 * The one table of what a run can spend: how each kind is counted, called and shown, and which of them a budget may
 * limit. The schema of events, the cell language, settings, the fold, budget checks, views and Python's data frames
 * follow it. `resources.json` among Python's schemas is made of it.
 */
import { z } from 'zod';
import { collectRows, listNames } from './named-rows';

/** How a kind of resource that events count is written down. */
export interface ResourceKind {
  /** The amounts that an event may have of it. */
  readonly amount: z.ZodType<number>;
  /** The name of its column in Python's data frames. */
  readonly column: string;
  /** Whether only the author's model calls use it, so that searches and episodes never do. */
  readonly isOnlyForModels: boolean;
}

const COUNT = z.int().nonnegative();

const RESOURCES = {
  episodes: { amount: COUNT, column: 'episodes', isOnlyForModels: false },
  steps: { amount: COUNT, column: 'steps', isOnlyForModels: false },
  modelSteps: { amount: COUNT, column: 'model_steps', isOnlyForModels: false },
  /** Episodes that a fault of the environment ended; they are not among `episodes`. */
  lost: { amount: COUNT, column: 'lost_episodes', isOnlyForModels: false },
  calls: { amount: COUNT, column: 'calls', isOnlyForModels: true },
  tokensIn: { amount: COUNT, column: 'tokens_in', isOnlyForModels: true },
  tokensOut: { amount: COUNT, column: 'tokens_out', isOnlyForModels: true },
  /** Those of `tokensIn` that the server had in its cache, as far as it says so. */
  tokensCached: { amount: COUNT, column: 'tokens_cached', isOnlyForModels: true },
  /** Those of `tokensOut` in which a model reasons, as far as its server says so. */
  tokensReasoning: { amount: COUNT, column: 'tokens_reasoning', isOnlyForModels: true },
  /** Those of `calls` whose price is not known, so that `money` lacks what they cost. */
  unpriced: { amount: COUNT, column: 'unpriced_calls', isOnlyForModels: true },
  /** In US dollars. */
  money: { amount: z.number().nonnegative(), column: 'money', isOnlyForModels: true },
} as const satisfies Readonly<Record<string, ResourceKind>>;

/** The name of a kind that events count. */
export type ResourceName = keyof typeof RESOURCES;

/** The kinds that events count, by their names in events. */
export const RESOURCE_KINDS: Readonly<Record<ResourceName, ResourceKind>> = RESOURCES;

const RESOURCE_NAMES = listNames(RESOURCES);

/** What an event has used of each kind that repeats exactly; zero fields are absent. */
export const resourceUsage = z.strictObject(
  collectRows(RESOURCE_NAMES.map((name) => [name, RESOURCE_KINDS[name].amount.optional()])),
);

/** What was used of each kind that events count; an absent kind was not used. */
export type ResourceUsage = z.infer<typeof resourceUsage>;

/** What a whole run has used, with every kind that events count. */
export type ResourceTotals = Readonly<Record<ResourceName, number>>;

/** Totals before anything was used. */
export const NO_USAGE: ResourceTotals = collectRows(RESOURCE_NAMES.map((name) => [name, 0]));

/** Adds two usages over every kind; zero fields stay absent. */
export function addUsage(a: ResourceUsage, b: ResourceUsage): ResourceUsage {
  const sums = RESOURCE_NAMES.map((kind) => [kind, (a[kind] ?? 0) + (b[kind] ?? 0)] as const);
  return Object.fromEntries(sums.filter(([, amount]) => amount > 0));
}

/** Copies a usage as events have it: known kinds only, zero fields left out. */
export function trimUsage(usage: ResourceUsage): ResourceUsage {
  return addUsage(usage, {});
}

/** Parts a usage into what only model calls use and everything else. */
export function partModelUsage(usage: ResourceUsage): {
  readonly models: ResourceUsage;
  readonly others: ResourceUsage;
} {
  const pick = (isOnlyForModels: boolean): ResourceUsage =>
    Object.fromEntries(
      RESOURCE_NAMES.filter((kind) => RESOURCE_KINDS[kind].isOnlyForModels === isOnlyForModels).flatMap(
        (kind) => (usage[kind] === undefined ? [] : [[kind, usage[kind]]]),
      ),
    );
  return { models: pick(true), others: pick(false) };
}

/** Adds a usage to a run's totals, over every kind. */
export function addToTotals(totals: ResourceTotals, usage: ResourceUsage): ResourceTotals {
  const sums = { ...totals };
  for (const kind of RESOURCE_NAMES) sums[kind] += usage[kind] ?? 0;
  return sums;
}

/** How a budget is declared, measured and shown. */
export interface BudgetKind {
  /**
   * The kinds of usage that count against it; `clock` for what a clock measures, which never repeats exactly. A session
   * of the engine measures every clock kind, and ends a run where one reaches its limit.
   */
  readonly counts: readonly ResourceName[] | 'clock';
  /** Its key in the cell language, and the word for it in views. */
  readonly label: string;
  /** The unit behind a number of it: `s`, `$`, or empty for whole counts. */
  readonly unit: '' | 's' | '$';
  /** What a sentence calls one of its unit; more have an s. */
  readonly noun: string;
  /** What a sentence says of one, and of more, when a clock has reached the limit; absent for what is spent. */
  readonly whenSpent?: readonly [string, string];
  /** The heading of its column where what contestants took is compared; absent where it is not. */
  readonly heading?: string;
  /** What the cell language says of it. */
  readonly about: string;
  /** The limit of a run whose cell gives no budget at all; absent for no limit. */
  readonly fallback?: number;
  /** Whether only the author's model calls spend it. */
  readonly isOnlyForModels: boolean;
}

const BUDGETS = {
  episodes: {
    counts: ['episodes'],
    label: 'episodes',
    unit: '',
    noun: 'episode',
    heading: 'episodes',
    about: 'most episodes',
    fallback: 3000,
    isOnlyForModels: false,
  },
  steps: {
    counts: ['steps'],
    label: 'steps',
    unit: '',
    noun: 'step',
    heading: 'steps to learn',
    about: 'most environment steps',
    isOnlyForModels: false,
  },
  cpuSeconds: {
    counts: 'clock',
    label: 'cpu',
    unit: 's',
    noun: 'CPU second',
    about: 'CPU time of workers and policies',
    isOnlyForModels: false,
  },
  wallSeconds: {
    counts: 'clock',
    label: 'wall',
    unit: 's',
    noun: 'second',
    whenSpent: ['has passed', 'have passed'],
    about: 'time on the clock, a guard',
    isOnlyForModels: false,
  },
  calls: {
    counts: ['calls'],
    label: 'calls',
    unit: '',
    noun: 'call',
    heading: 'model calls',
    about: 'most model calls',
    isOnlyForModels: true,
  },
  tokens: {
    counts: ['tokensIn', 'tokensOut'],
    label: 'tokens',
    unit: '',
    noun: 'token',
    heading: 'tokens',
    about: 'most tokens, read and written',
    isOnlyForModels: true,
  },
  money: {
    counts: ['money'],
    label: 'money',
    unit: '$',
    noun: 'dollar',
    heading: 'money',
    about: 'US dollars; needs the price of the author',
    isOnlyForModels: true,
  },
} as const satisfies Readonly<Record<string, BudgetKind>>;

/** The name of a limit in a run's settings. */
export type BudgetName = keyof typeof BUDGETS;

/** The name of a limit in the cell language. */
export type BudgetKey = (typeof BUDGETS)[BudgetName]['label'];

/** The name of a limit that a clock measures. */
export type ClockBudgetName = {
  [Name in BudgetName]: (typeof BUDGETS)[Name]['counts'] extends 'clock' ? Name : never;
}[BudgetName];

/** The name of a limit that events count, so that it repeats exactly. */
export type CountedBudgetName = Exclude<BudgetName, ClockBudgetName>;

/** Every limit that a run may declare, in the order in which it is shown. */
export const BUDGET_KINDS: Readonly<Record<BudgetName, BudgetKind>> = BUDGETS;

/** The names of all limits, in the order in which they are shown. */
export const BUDGET_NAMES = listNames(BUDGETS);

/** The names of the limits that events count, in that order. */
export const COUNTED_BUDGET_NAMES = BUDGET_NAMES.filter(isCounted);

/** The names of the limits that a clock measures, in that order. */
export const CLOCK_BUDGET_NAMES = BUDGET_NAMES.filter(isMeasured);

/** The keys of limits in the cell language. */
export const BUDGET_KEYS: Readonly<Record<BudgetName, BudgetKey>> = collectRows(
  BUDGET_NAMES.map((name) => [name, BUDGETS[name].label]),
);

/** What a run may spend, in any mix; `null` is unlimited. */
export const budgetSchema = z.strictObject(
  collectRows(
    BUDGET_NAMES.map((name) => [
      name,
      (BUDGET_KINDS[name].unit === '' ? z.int().positive() : z.number().positive()).nullable(),
    ]),
  ),
);

/** The limits of a run; `null` is unlimited. */
export type Budget = z.infer<typeof budgetSchema>;

/** The budget of a run that nothing limits. */
export const UNLIMITED_BUDGET: Readonly<Budget> = collectRows(BUDGET_NAMES.map((name) => [name, null]));

/** What the clocks of a run measured over all its sessions, pauses between them left out; in the units of the limits. */
export const clockReadings = z.strictObject(
  collectRows(CLOCK_BUDGET_NAMES.map((name) => [name, z.number()])),
);

/** What the clocks of a run measured, parsed. */
export type ClockReadings = Readonly<z.infer<typeof clockReadings>>;

/** The clocks of a run that has not begun. */
export const NO_CLOCK_READINGS: ClockReadings = mapClocks(() => 0);

/** Makes clock readings by asking for the reading of each clock. */
export function mapClocks(read: (name: ClockBudgetName) => number): ClockReadings {
  return collectRows(CLOCK_BUDGET_NAMES.map((name) => [name, read(name)]));
}

/** How much of a limit events have used. */
export function countSpent(budget: CountedBudgetName, usage: ResourceUsage): number {
  const { counts } = BUDGETS[budget];
  return counts.reduce<number>((sum, kind) => sum + (usage[kind] ?? 0), 0);
}

/** How much of a limit was used, by events or by the clocks that are passed. */
export function measureSpent(budget: BudgetName, usage: ResourceUsage, clocks: ClockReadings): number {
  return isCounted(budget) ? countSpent(budget, usage) : clocks[budget];
}

/** Formats a limit with its unit, as "1 second" or "0.5 seconds". */
export function formatLimit(name: BudgetName, limit: number): string {
  const { noun } = BUDGET_KINDS[name];
  return `${limit} ${limit === 1 ? noun : `${noun}s`}`;
}

/** Says which limit the clocks have reached, for people; `null` where they allow more. */
export function findClockLimit(
  budget: Readonly<Record<ClockBudgetName, number | null>>,
  clocks: ClockReadings,
): string | null {
  for (const name of CLOCK_BUDGET_NAMES) {
    const { whenSpent = ['is spent', 'are spent'] } = BUDGET_KINDS[name];
    const limit = budget[name];
    if (limit !== null && clocks[name] >= limit)
      return `${formatLimit(name, limit)} ${whenSpent[limit === 1 ? 0 : 1]}`;
  }
  return null;
}

function isMeasured(budget: BudgetName): budget is ClockBudgetName {
  return !isCounted(budget);
}

function isCounted(budget: BudgetName): budget is CountedBudgetName {
  return BUDGET_KINDS[budget].counts !== 'clock';
}
