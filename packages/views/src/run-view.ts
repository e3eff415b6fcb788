/** The live view of a run: its payload for the renderer, its status in words, and the MIME bundle of both. */
import {
  type MachineObservations,
  type RunEvent,
  type RunState,
  type Score,
  findProvenChampion,
} from '@policybook/engine';
import type { MimeBundle } from './mime-bundle';
import { PLOTLY_MIME, RUN_MIME, type RunPayload, type ScoreText } from './payloads';
import { buildRunFigure } from './run-figure';
import { formatRun } from './run-text';
import { formatIsolation, formatStepLimit } from './warnings';
import { formatDuration } from './numbers';
import { buildBudgetRows, estimateSecondsLeft } from './run-budget';
import { listLogLines } from './run-log';
import { toOneLine } from './text';
import { buildEvidenceRows } from './evidence';
import { formatSize } from './size-traces';
import {
  type CandidateStanding,
  findScoredChampion,
  findStandings,
  formatReference,
} from './champion-history';

/** `png`: the latest picture of `runFigure`, base64; absent until the first was drawn. */
export function buildRunBundle(state: RunState, progress: RunProgress, png?: string): MimeBundle {
  const payload = buildRunPayload(state, progress);
  return {
    [RUN_MIME]: payload,
    [PLOTLY_MIME]: buildRunFigure(state),
    ...(png === undefined ? {} : { 'image/png': png }),
    'text/plain': formatRun(state, payload),
  };
}

/** What clocks and machines say of a run that is under way. */
export interface RunProgress extends MachineObservations {
  /** What is being done now; a stopped run says why it stopped instead. */
  readonly activity: string;
  /** The run's events, or the newest of them, oldest first: the log tells the last dozen worth telling. */
  readonly events: readonly RunEvent[];
  /** Run folder relative to the notebook, with `/` between names. */
  readonly folder: string;
  /** Over all sessions of the run. */
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  /** Measured now; `null` when stopped or unknown. */
  readonly stepsPerSecond: number | null;
}

const STATUS_LABELS: Readonly<Record<RunPayload['status'], string>> = {
  running: 'running',
  exhausted: 'finished',
  budget: 'budget spent',
  interrupted: 'stopped',
  failed: 'failed',
};

/** A status as the run view shows it. */
export function formatStatus(status: RunPayload['status']): string {
  return STATUS_LABELS[status];
}

/** Texts of others are kept to one line without control characters; escaping is the renderer's. */
export function buildRunPayload(state: RunState, progress: RunProgress): RunPayload {
  const { settings, stopped } = state;
  const budget = [...buildBudgetRows(state, progress)];
  return {
    version: 1,
    run: state.run,
    environment: toOneLine(settings.environmentName),
    author: formatAuthor(state),
    status: stopped?.reason ?? 'running',
    activity: toOneLine(stopped ? stopped.message : progress.activity, 400),
    threshold: state.facts.rewardThreshold,
    champion: buildChampion(state, progress.folder),
    alarms: [...listChampionAlarms(state), ...buildSlowAlarm(state, progress)],
    evidence: buildEvidenceRows(state).map(({ name, text }) => ({ name, text: toOneLine(text, 240) })),
    budget,
    candidates: countVerdicts(state),
    confinement: formatIsolation(progress.isolationLevel),
    findings: state.findings.map((finding) => toOneLine(finding, 240)),
    log: listLogLines(state, progress.events),
    stepsPerSecond: stopped ? null : progress.stepsPerSecond,
    secondsLeft: stopped ? null : estimateSecondsLeft(budget, progress.wallSeconds),
  };
}

/** The score's part that views show. */
export function pickScoreText({ mean, low, high, episodes }: Score): ScoreText {
  return { mean, low, high, episodes };
}

/** "1,534 steps/s, 3 min 20 s left", as far as known. */
export function formatPace({ stepsPerSecond, secondsLeft: left }: RunPayload): string {
  return [
    ...(stepsPerSecond === null ? [] : [`${Math.round(stepsPerSecond).toLocaleString('en-US')} steps/s`]),
    ...(left === null ? [] : [`at most ${formatDuration(left)} left`]),
  ].join(', ');
}

function formatAuthor({ settings: { author } }: RunState): string {
  const { kind, model } = author;
  return typeof model === 'string' ? toOneLine(`${kind} ${model}`, 80) : kind;
}

function buildChampion(state: RunState, folder: string): RunPayload['champion'] {
  const champion = findScoredChampion(state);
  if (!champion) return null;
  const { candidate, score } = champion;
  return {
    reference: formatReference(state.run, candidate.id),
    label: toOneLine(candidate.label, 80),
    kind: candidate.kind,
    score: pickScoreText(score),
    path: [folder, 'policies', candidate.policy].filter((part) => part !== '').join('/'),
    size: formatSize(candidate.size),
    lines: candidate.size.lines,
  };
}

/** Those of the champion, and of the one whose score it bears where it is but a smaller text. */
function listChampionAlarms(state: RunState): RunPayload['alarms'] {
  const own = [findScoredChampion(state)?.candidate.id, findProvenChampion(state)?.id];
  return state.alarms
    .filter(({ candidate }) => own.includes(candidate))
    .map(({ code, message }) => ({ code, text: toOneLine(message, 400) }))
    .reverse();
}

/** Told by a clock, so not among the run's events: on a slower machine the champion may fail. */
function buildSlowAlarm(state: RunState, { slowestSteps = {} }: RunProgress): RunPayload['alarms'] {
  const champion = findScoredChampion(state)?.candidate;
  const slowest = champion === undefined ? undefined : slowestSteps[champion.id];
  if (slowest === undefined) return [];
  const text = formatStepLimit(slowest, state.settings.policy.stepMs);
  return [{ code: 'near_step_limit', text: toOneLine(text, 400) }];
}

function countVerdicts(state: RunState): RunPayload['candidates'] {
  const stands = [...findStandings(state).values()];
  const count = (...kinds: CandidateStanding[]): number =>
    stands.filter((standing) => kinds.includes(standing)).length;
  return {
    proposed: stands.length,
    accepted: count('champion'),
    rejected: count('worse', 'failed'),
    dropped: count('dropped'),
    undecided: count('undecided'),
    equivalent: count('equivalent'),
  };
}
