/** A run as plain text: what a terminal, a diff of notebooks and a screen reader get. */
import type { RunState } from '@policybook/engine';
import { amountWords, returnWords, scoreWords } from './numbers';
import type { RunPayload } from './payloads';
import { meterBar, sparkline } from './sparkline';
import { paceWords } from './run-payload';
import { statusWords } from './run-status';
import { meanAt, reigns } from './standing';
import { valueRange } from './value-range';

const curveWidth = 40;
const nameWidth = 12;

/** A few aligned lines: champion with its interval, curve, budget, candidates and what happened last. */
export function runText(state: RunState, payload: RunPayload): string {
  const pace = paceWords(payload);
  return [
    `${payload.run}: ${payload.environment} by ${payload.author}`,
    row(statusWords(payload.status), [payload.activity, pace].filter((part) => part !== '').join(' · ')),
    ...championRows(payload),
    ...curveRow(state),
    ...payload.budget.map(budgetRow),
    row('candidates', tallyWords(payload)),
    ...payload.evidence.map(({ name, text }) => row(name, text)),
    ...(payload.confinement === null ? [] : [row('confinement', payload.confinement)]),
    ...payload.log
      .slice(-3)
      .map(({ candidate, text }) => row(candidate === null ? '' : `@${candidate}`, text)),
  ].join('\n');
}

/** "9 proposed: 3 accepted, 4 rejected, 2 undecided"; empty classes are left out. */
export function tallyWords({ candidates }: RunPayload): string {
  const { proposed, accepted, rejected, dropped, equivalent, undecided } = candidates;
  const classes = Object.entries({ accepted, rejected, dropped, equivalent, undecided }).filter(
    ([, count]) => count > 0,
  );
  const list = classes.map(([name, count]) => `${count} ${name}`).join(', ');
  return `${proposed} proposed${list === '' ? '' : `: ${list}`}`;
}

/** "above the threshold 200" or "threshold 200"; empty where nobody declared one. */
export function thresholdWords({ threshold, champion }: RunPayload): string {
  if (threshold === null) return '';
  const value = returnWords(threshold);
  return champion && champion.score.low >= threshold ? `above the threshold ${value}` : `threshold ${value}`;
}

function championRows(payload: RunPayload): string[] {
  const { champion } = payload;
  if (!champion) return [row('champion', 'none yet')];
  const threshold = thresholdWords(payload);
  return [
    row('champion', `${champion.reference} ${champion.label}`),
    row('score', [scoreWords(champion.score), threshold].filter((part) => part !== '').join(', ')),
    ...payload.alarms.map(({ text }) => row('alarm', text)),
    row('size', champion.size),
  ];
}

/** The champion's mean at equal steps of the episodes spent. */
function curveRow(state: RunState): string[] {
  const reigned = reigns(state);
  const first = reigned[0];
  const last = reigned.at(-1);
  if (!first || !last || state.championHistory.length < 2) return [];
  const { low, high } = valueRange(
    reigned.map(({ score }) => score.mean),
    [],
  );
  const levels = Array.from({ length: curveWidth }, (_, index) => {
    const x = first.episodes + ((state.usage.episodes - first.episodes) * index) / (curveWidth - 1);
    return ((meanAt(reigned, x) ?? first.score.mean) - low) / (high - low);
  });
  return [
    row('curve', `${sparkline(levels)} ${returnWords(first.score.mean)} to ${returnWords(last.score.mean)}`),
  ];
}

function budgetRow({ name, spent, limit, unit }: RunPayload['budget'][number]): string {
  if (limit === null) return row(name, amountWords(spent, unit));
  return row(
    name,
    `${meterBar(spent / limit, 20)} ${amountWords(spent, unit)} of ${amountWords(limit, unit)}`,
  );
}

function row(name: string, text: string): string {
  return `  ${name.padEnd(nameWidth)} ${text}`.trimEnd();
}
