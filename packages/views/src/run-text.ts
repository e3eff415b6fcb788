/** A run as plain text: what a terminal, a diff of notebooks and a screen reader get. */
import type { RunState } from '@policybook/engine';
import {
  formatAmount,
  formatDuration,
  formatMeter,
  formatQuantity,
  formatReturn,
  formatMeasured,
  formatScore,
  formatSparkline,
} from './numbers';
import type { RunPayload } from './payloads';
import { findMeanAt, listChampionScores } from './champion-history';
import { chooseValueRange } from './plot-scale';
import { toOneLine } from './text';

const CURVE_WIDTH = 40;
const NAME_WIDTH = 12;

const STATUS_LABELS: Readonly<Record<RunPayload['status'], string>> = {
  running: 'running',
  exhausted: 'finished',
  budget: 'budget spent',
  interrupted: 'stopped',
  paused: 'paused',
  failed: 'failed',
};

/** Formats a status as the run view shows it. */
export function formatStatus(status: RunPayload['status']): string {
  return STATUS_LABELS[status];
}

/** Formats a run in a few aligned lines: head with its interval, curve, budget, candidates and what happened last. */
export function formatRun(state: RunState, payload: RunPayload): string {
  const pace = formatPace(payload);
  return [
    ...(payload.limitation === null ? [] : [payload.limitation]),
    `${payload.run}: ${payload.environment} by ${payload.author}`,
    formatRow(
      formatStatus(payload.status),
      [payload.activity, pace].filter((part) => part !== '').join(' · '),
    ),
    ...formatAnswerRow(payload),
    ...formatChampionRows(payload),
    ...formatCurveRow(state),
    ...payload.budget.map(formatBudgetRow),
    formatRow('candidates', formatTallies(payload)),
    ...payload.evidence.map(({ name, text }) => formatRow(name, text)),
    ...(payload.confinement === null ? [] : [formatRow('confinement', payload.confinement)]),
    ...payload.log
      .slice(-3)
      .map(({ candidate, text }) => formatRow(candidate === null ? '' : `@${candidate}`, text)),
  ].join('\n');
}

/** The latest line of what a model is saying, or of what it says to itself before it answers. */
function formatAnswerRow({ answer }: RunPayload): string[] {
  if (answer === null) return [];
  const [name, text] = answer.content === '' ? ['reasoning', answer.reasoning] : ['answer', answer.content];
  const line = toOneLine(text.trimEnd().split('\n').at(-1) ?? '');
  return line === '' ? [] : [formatRow(name, line)];
}

/** Formats how far an answer has come: "12 s, about 340 tokens". */
export function formatAnswerProgress({ seconds, tokens }: NonNullable<RunPayload['answer']>): string {
  return `${formatDuration(seconds)}${tokens === 0 ? '' : `, about ${formatQuantity(tokens, 'token')}`}`;
}

/** Formats speed and time left, as far as they are known: "1,534 steps/s, 3 min 20 s left". */
export function formatPace({ stepsPerSecond, secondsLeft: left }: RunPayload): string {
  return [
    ...(stepsPerSecond === null ? [] : [`${Math.round(stepsPerSecond).toLocaleString('en-US')} steps/s`]),
    ...(left === null ? [] : [`at most ${formatDuration(left)} left`]),
  ].join(', ');
}

/** Formats the counts of candidates, as "9 proposed: 3 accepted, 4 rejected, 2 undecided"; empty classes are left out. */
export function formatTallies({ candidates }: RunPayload): string {
  const { proposed, accepted, rejected, dropped, refused, equivalent, undecided, notCompared } = candidates;
  const counts = { accepted, rejected, dropped, refused, equivalent, undecided, 'not compared': notCompared };
  const classes = Object.entries(counts).filter(([, count]) => count > 0);
  const list = classes.map(([name, count]) => `${count} ${name}`).join(', ');
  return `${proposed} proposed${list === '' ? '' : `: ${list}`}`;
}

/** Formats the threshold, as "above the threshold 200" or "threshold 200"; empty where none is declared. */
export function formatThreshold({ threshold, champion }: RunPayload): string {
  if (threshold === null) return '';
  const value = formatReturn(threshold);
  return champion?.isMeasured === true && champion.score.low >= threshold
    ? `above the threshold ${value}`
    : `threshold ${value}`;
}

function formatChampionRows(payload: RunPayload): string[] {
  const { champion, proven } = payload;
  if (!champion) return [formatRow('champion', 'none yet')];
  const threshold = formatThreshold(payload);
  return [
    formatRow(proven === null ? 'champion' : 'head', `${champion.reference} ${champion.label}`),
    formatRow('score', [formatMeasured(champion), threshold].filter((part) => part !== '').join(', ')),
    ...(proven === null
      ? []
      : [formatRow('champion', `${proven.reference} ${proven.label}: ${formatScore(proven.score)}`)]),
    ...(payload.accepted === null ? [] : [formatRow('result', payload.accepted.text)]),
    ...[champion.lead, champion.advice].flatMap((text) => (text === null ? [] : [formatRow('', text)])),
    // It begins each line, so that it can be copied as it stands.
    ...(champion.adviceCell === null ? [] : [champion.adviceCell]),
    ...payload.alarms.map(({ text }) => formatRow('alarm', text)),
    formatRow('size', champion.size),
  ];
}

/** Draws the champion's mean at equal steps of the episodes spent. */
function formatCurveRow(state: RunState): string[] {
  const scores = listChampionScores(state);
  const first = scores[0];
  const last = scores.at(-1);
  if (!first || !last || state.championHistory.length < 2) return [];
  const { low, high } = chooseValueRange(
    scores.map(({ score }) => score.mean),
    [],
  );
  const levels = Array.from({ length: CURVE_WIDTH }, (_, index) => {
    const x = first.episodes + ((state.usage.episodes - first.episodes) * index) / (CURVE_WIDTH - 1);
    return ((findMeanAt(scores, x) ?? first.score.mean) - low) / (high - low);
  });
  return [
    formatRow(
      'curve',
      `${formatSparkline(levels)} ${formatReturn(first.score.mean)} to ${formatReturn(last.score.mean)}`,
    ),
  ];
}

function formatBudgetRow({ name, spent, limit, unit }: RunPayload['budget'][number]): string {
  if (limit === null) return formatRow(name, formatAmount(spent, unit));
  return formatRow(
    name,
    `${formatMeter(spent / limit, 20)} ${formatAmount(spent, unit)} of ${formatAmount(limit, unit)}`,
  );
}

function formatRow(name: string, text: string): string {
  return `  ${name.padEnd(NAME_WIDTH)} ${text}`.trimEnd();
}
