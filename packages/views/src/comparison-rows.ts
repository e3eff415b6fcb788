/** The numbers of a comparison as rows of text: what each contestant scores, and what it took to learn. */
import { type ComparedPolicy, type ComparisonState, type Conclusion } from '@policybook/engine';
import {
  addUsage,
  BUDGET_KINDS,
  COUNTED_BUDGET_NAMES,
  countSpent,
  type ResourceUsage,
} from '@policybook/protocol';
import { formatAmount, formatCount, formatDifferenceMean, formatInterval, formatMean } from './numbers';
import { toOneLine } from './text';
import { describeWorth } from './worth-of-models';

/** A table: its head and its rows, as many cells in each. */
export interface TableRows {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** What stands in place of a mean where no episode of a contestant came to its end. */
const FAILED_EVERYWHERE = 'failed in every episode';

/** Whether every episode of a contestant failed, so that its mean would be nothing but the bound that failures count as. */
export function hasFailedEverywhere(
  { replicates, failed }: Conclusion['contestants'][number],
  { episodes }: Conclusion,
): boolean {
  return failed >= replicates * episodes;
}

const NO_VALUE = '–';

/** Builds one row a contestant, in the order of the declaration; empty columns are left out. */
export function buildResultRows(state: ComparisonState, conclusion: Conclusion): TableRows {
  const { against } = state.settings;
  const failures = new Set(
    conclusion.contestants.filter((each) => hasFailedEverywhere(each, conclusion)).map(({ name }) => name),
  );
  const formatPair = (name: string): readonly string[] => {
    if (name === against) return ['', '', ''];
    return failures.has(name) || failures.has(against)
      ? [NO_VALUE, NO_VALUE, NO_VALUE]
      : formatPairCells(conclusion, name, against);
  };
  return dropEmptyColumns({
    head: [
      'contestant',
      'policies',
      'mean return',
      'failed',
      `minus ${toOneLine(against, 40)}`,
      'P(better on a seed)',
      'P(better replicate)',
      'interquartile mean',
    ],
    rows: conclusion.contestants.map(({ name, replicates, score, iqm, failed }) => [
      toOneLine(name, 60),
      replicates === 1 ? NO_VALUE : String(replicates),
      failures.has(name) ? FAILED_EVERYWHERE : `${formatMean(score)} ${formatInterval(score)}`,
      failed === 0 ? NO_VALUE : formatCount(failed),
      ...formatPair(name),
      iqm === null || failures.has(name) ? NO_VALUE : formatEstimate(iqm, formatMean, formatInterval),
    ]),
  });
}

/** The kinds of budget that have a column where contestants are compared. */
const COMPARED_BUDGETS = COUNTED_BUDGET_NAMES.filter((name) => BUDGET_KINDS[name].heading !== undefined);

/**
 * Builds the rows of what a policy took to learn and takes to run; of a contestant with several policies the means. Where a model
 * has written for one of them, its score stands beside its price, and what is shown to be better for no more.
 */
export function buildUsageRows(state: ComparisonState, conclusion: Conclusion | null = null): TableRows {
  const describe = describeWorth(state, conclusion);
  const names = state.settings.contestants.map(({ name }) => name);
  return dropEmptyColumns({
    head: [
      'contestant',
      'scores',
      ...COMPARED_BUDGETS.map((name) => BUDGET_KINDS[name].heading ?? name),
      'CPU',
      'a decision',
      'cold start',
      'bytes',
      'lines',
      'interaction',
      'better for no more',
    ],
    rows: names.flatMap((name) => {
      const own = state.policies.filter(({ contestant }) => contestant === name);
      const { score, betterForNoMore } = describe(name);
      return own.length === 0
        ? []
        : [[toOneLine(name, 60), score, ...formatUsageCells(own), betterForNoMore]];
    }),
  });
}

/** Formats what the policies of one contestant took of each kind, and take to run, on average. */
function formatUsageCells(own: readonly ComparedPolicy[]): string[] {
  const total = own.reduce<ResourceUsage>((sum, { usage }) => addUsage(sum, usage), {});
  return [
    ...COMPARED_BUDGETS.map((name) => {
      // What calls without a known price cost is unknown, never zero.
      if (name === 'money' && (total.unpriced ?? 0) > 0) return 'unknown';
      const mean = countSpent(name, total) / own.length;
      return mean === 0 ? NO_VALUE : formatAmount(mean, BUDGET_KINDS[name].unit);
    }),
    formatClockCell(own, ({ learningCpuSeconds }) => learningCpuSeconds, 's'),
    formatClockCell(own, ({ decisionUs }) => decisionUs, 'µs'),
    formatClockCell(own, ({ coldStartMs }) => coldStartMs, 'ms'),
    formatCount(own.reduce((sum, { bytes }) => sum + bytes, 0) / own.length),
    formatCount(own.reduce((sum, { size }) => sum + size.lines, 0) / own.length),
    own.some(({ isUnmetered }) => isUnmetered) ? 'unmetered' : NO_VALUE,
  ];
}

function formatClockCell(
  own: readonly ComparedPolicy[],
  value: (measured: ComparedPolicy['measured']) => number | null,
  unit: string,
): string {
  const known = own.flatMap(({ measured }) => value(measured) ?? []);
  if (known.length === 0) return NO_VALUE;
  const mean = known.reduce((sum, each) => sum + each, 0) / known.length;
  return `${Number(mean.toPrecision(2)).toLocaleString('en-US')} ${unit}`;
}

function formatPairCells(conclusion: Conclusion, name: string, against: string): readonly string[] {
  const pair = conclusion.pairs.find(
    ({ first, second }) => (first === name && second === against) || (first === against && second === name),
  );
  if (pair === undefined) return ['', '', ''];
  const isTurned = pair.first === against;
  const { mean, low, high, episodes } = pair.difference;
  const difference = isTurned ? { mean: -mean, low: -high, high: -low, episodes } : pair.difference;
  const formatSide = (estimate: Conclusion['pairs'][number]['wins']): string =>
    formatEstimate(isTurned ? invertEstimate(estimate) : estimate, formatPercent, formatPercentInterval);
  return [
    `${formatDifferenceMean(difference)} ${formatInterval(difference)}`,
    formatSide(pair.wins),
    pair.improvement === null ? NO_VALUE : formatSide(pair.improvement),
  ];
}

type Estimate = NonNullable<Conclusion['contestants'][number]['iqm']>;
type EstimateFormat = (score: { mean: number; low: number; high: number; episodes: number }) => string;

function formatEstimate(
  { value, low, high }: Estimate,
  mean: EstimateFormat,
  interval: EstimateFormat,
): string {
  const score = { mean: value, low: low ?? value, high: high ?? value, episodes: 0 };
  // A resampling that always gives the same says nothing of how sure it is.
  return low === null || high === null || low === high ? mean(score) : `${mean(score)} ${interval(score)}`;
}

function invertEstimate({ value, low, high }: Estimate): Estimate {
  return { value: 1 - value, low: high === null ? null : 1 - high, high: low === null ? null : 1 - low };
}

const formatPercent: EstimateFormat = ({ mean }) => `${Math.round(100 * mean)} %`;
const formatPercentInterval: EstimateFormat = ({ low, high }) =>
  `[${Math.round(100 * low)}, ${Math.round(100 * high)}]`;

/** Leaves out the columns after the first that are empty in every row. */
function dropEmptyColumns({ head, rows }: TableRows): TableRows {
  const kept = head.map(
    (_, column) => column === 0 || rows.some((cells) => cells[column] !== NO_VALUE && cells[column] !== ''),
  );
  const keep = (cells: readonly string[]): string[] => cells.filter((_, column) => kept[column]);
  return { head: keep(head), rows: rows.map(keep) };
}
