/** What the run view shows beside the plot, from the run's state and its clocks. */
import { findProvenChampion, type RunState, type Score } from '@policybook/engine';
import { confinementWords } from './confinement-words';
import { durationWords } from './numbers';
import type { RunPayload, ScoreText } from './payloads';
import { budgetRows, secondsLeft } from './run-budget';
import { logLines } from './run-log';
import type { RunProgress } from './run-progress';
import { oneLine } from './safe-text';
import { evidenceRows } from './evidence';
import { sizeWords } from './size-traces';
import { championOf, referenceOf, standings, type Standing } from './standing';
import { stepLimitWords } from './step-limit-words';

/** Texts of others are kept to one line without control characters; escaping is the renderer's. */
export function runPayload(state: RunState, progress: RunProgress): RunPayload {
  const { settings, stopped } = state;
  const budget = [...budgetRows(state, progress)];
  return {
    version: 1,
    run: state.run,
    environment: oneLine(settings.environmentName),
    author: authorName(state),
    status: stopped?.reason ?? 'running',
    activity: oneLine(stopped ? stopped.message : progress.activity, 400),
    threshold: state.facts.rewardThreshold,
    champion: championPart(state, progress.folder),
    alarms: [...championAlarms(state), ...slowAlarm(state, progress)],
    evidence: evidenceRows(state).map(({ name, text }) => ({ name, text: oneLine(text, 240) })),
    budget,
    candidates: tallies(state),
    confinement: confinementWords(progress.isolationLevel),
    findings: state.findings.map((finding) => oneLine(finding, 240)),
    log: logLines(state, progress.events),
    stepsPerSecond: stopped ? null : progress.stepsPerSecond,
    secondsLeft: stopped ? null : secondsLeft(budget, progress.wallSeconds),
  };
}

/** The score's part that views show. */
export function scoreText({ mean, low, high, episodes }: Score): ScoreText {
  return { mean, low, high, episodes };
}

/** "1,534 steps/s, 3 min 20 s left", as far as known. */
export function paceWords({ stepsPerSecond, secondsLeft: left }: RunPayload): string {
  return [
    ...(stepsPerSecond === null ? [] : [`${Math.round(stepsPerSecond).toLocaleString('en-US')} steps/s`]),
    ...(left === null ? [] : [`at most ${durationWords(left)} left`]),
  ].join(', ');
}

function authorName({ settings: { author } }: RunState): string {
  const { kind, model } = author;
  return typeof model === 'string' ? oneLine(`${kind} ${model}`, 80) : kind;
}

function championPart(state: RunState, folder: string): RunPayload['champion'] {
  const champion = championOf(state);
  if (!champion) return null;
  const { candidate, score } = champion;
  return {
    reference: referenceOf(state.run, candidate.id),
    label: oneLine(candidate.label, 80),
    kind: candidate.kind,
    score: scoreText(score),
    path: [folder, 'policies', candidate.policy].filter((part) => part !== '').join('/'),
    size: sizeWords(candidate.size),
    lines: candidate.size.lines,
  };
}

/** Those of the champion, and of the one whose score it bears where it is but a smaller text. */
function championAlarms(state: RunState): RunPayload['alarms'] {
  const own = [championOf(state)?.candidate.id, findProvenChampion(state)?.id];
  return state.alarms
    .filter(({ candidate }) => own.includes(candidate))
    .map(({ code, message }) => ({ code, text: oneLine(message, 400) }))
    .reverse();
}

/** Told by a clock, so not among the run's events: on a slower machine the champion may fail. */
function slowAlarm(state: RunState, { slowestSteps = {} }: RunProgress): RunPayload['alarms'] {
  const champion = championOf(state)?.candidate;
  const slowest = champion === undefined ? undefined : slowestSteps[champion.id];
  if (slowest === undefined) return [];
  const text = stepLimitWords(slowest, state.settings.policy.stepMs);
  return [{ code: 'near_step_limit', text: oneLine(text, 400) }];
}

function tallies(state: RunState): RunPayload['candidates'] {
  const stands = [...standings(state).values()];
  const count = (...kinds: Standing[]): number =>
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
