/** A comparison's numbers as rows of text: what each contestant scores, and what it cost. */
import {
  addUsage,
  type ComparedPolicy,
  type ComparisonState,
  type Conclusion,
  type ResourceUsage,
} from '@policybook/engine';
import { amountWords, countWords, differenceValue, intervalWords, meanWords } from './numbers';
import { oneLine } from './safe-text';

export interface Rows {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const nothing = '–';

/** One row a contestant, in the order of the declaration; columns that nobody fills are left out. */
export function resultRows(state: ComparisonState, conclusion: Conclusion): Rows {
  const { against } = state.settings;
  return withoutEmpty({
    head: [
      'contestant',
      'policies',
      'mean return',
      'failed',
      `minus ${oneLine(against, 40)}`,
      'P(better on a seed)',
      'P(better search)',
      'interquartile mean',
    ],
    rows: conclusion.contestants.map(({ name, replicates, score, iqm, failed }) => [
      oneLine(name, 60),
      replicates === 1 ? nothing : String(replicates),
      `${meanWords(score)} ${intervalWords(score)}`,
      failed === 0 ? nothing : countWords(failed),
      ...(name === against ? ['', '', ''] : pairCells(conclusion, name, against)),
      iqm === null ? nothing : estimateWords(iqm, meanWords, intervalWords),
    ]),
  });
}

/** What a policy of the contestant took to learn, and what it is to run; means where several stand for it. */
export function costRows(state: ComparisonState): Rows {
  const names = state.settings.contestants.map(({ name }) => name);
  return withoutEmpty({
    head: [
      'contestant',
      'steps to learn',
      'episodes',
      'model calls',
      'tokens',
      'money',
      'CPU',
      'a decision',
      'cold start',
      'bytes',
      'lines',
    ],
    rows: names.flatMap((name) => {
      const own = state.policies.filter(({ contestant }) => contestant === name);
      return own.length === 0 ? [] : [[oneLine(name, 60), ...costCells(own)]];
    }),
  });
}

/** Mean environment steps and others of the contestant's members. */
function costCells(own: readonly ComparedPolicy[]): string[] {
  const total = own.reduce<ResourceUsage>((sum, { usage }) => addUsage(sum, usage), {});
  const each = (amount: number | undefined): number => (amount ?? 0) / own.length;
  const counted = (amount: number | undefined): string =>
    each(amount) === 0 ? nothing : countWords(each(amount));
  const tokens = (total.tokensIn ?? 0) + (total.tokensOut ?? 0);
  return [
    counted(total.steps),
    counted(total.episodes),
    counted(total.calls),
    counted(tokens),
    total.money === undefined ? nothing : amountWords(each(total.money), '$'),
    clockCell(own, ({ learningCpuSeconds }) => learningCpuSeconds, 's'),
    clockCell(own, ({ decisionUs }) => decisionUs, 'µs'),
    clockCell(own, ({ coldStartMs }) => coldStartMs, 'ms'),
    countWords(own.reduce((sum, { bytes }) => sum + bytes, 0) / own.length),
    countWords(own.reduce((sum, { size }) => sum + size.lines, 0) / own.length),
  ];
}

function clockCell(
  own: readonly ComparedPolicy[],
  value: (measured: ComparedPolicy['measured']) => number | null,
  unit: string,
): string {
  const known = own.flatMap(({ measured }) => value(measured) ?? []);
  if (known.length === 0) return nothing;
  const mean = known.reduce((sum, each) => sum + each, 0) / known.length;
  return `${Number(mean.toPrecision(2)).toLocaleString('en-US')} ${unit}`;
}

function pairCells(conclusion: Conclusion, name: string, against: string): readonly string[] {
  const pair = conclusion.pairs.find(
    ({ first, second }) => (first === name && second === against) || (first === against && second === name),
  );
  if (pair === undefined) return ['', '', ''];
  const turned = pair.first === against;
  const { mean, low, high, episodes } = pair.difference;
  const difference = turned ? { mean: -mean, low: -high, high: -low, episodes } : pair.difference;
  const share = (estimate: Conclusion['pairs'][number]['wins']): string =>
    estimateWords(turned ? complement(estimate) : estimate, percent, percentInterval);
  return [
    `${differenceValue(difference)} ${intervalWords(difference)}`,
    share(pair.wins),
    pair.improvement === null ? nothing : share(pair.improvement),
  ];
}

type Estimate = NonNullable<Conclusion['contestants'][number]['iqm']>;
type Words = (score: { mean: number; low: number; high: number; episodes: number }) => string;

function estimateWords({ value, low, high }: Estimate, mean: Words, interval: Words): string {
  const score = { mean: value, low: low ?? value, high: high ?? value, episodes: 0 };
  // A resampling that always gives the same says nothing of how sure it is.
  return low === null || high === null || low === high ? mean(score) : `${mean(score)} ${interval(score)}`;
}

function complement({ value, low, high }: Estimate): Estimate {
  return { value: 1 - value, low: high === null ? null : 1 - high, high: low === null ? null : 1 - low };
}

const percent: Words = ({ mean }) => `${Math.round(100 * mean)} %`;
const percentInterval: Words = ({ low, high }) => `[${Math.round(100 * low)}, ${Math.round(100 * high)}]`;

/** Columns after the first that say nothing of anybody. */
function withoutEmpty({ head, rows }: Rows): Rows {
  const kept = head.map(
    (_, column) => column === 0 || rows.some((cells) => cells[column] !== nothing && cells[column] !== ''),
  );
  const keep = (cells: readonly string[]): string[] => cells.filter((_, column) => kept[column]);
  return { head: keep(head), rows: rows.map(keep) };
}
