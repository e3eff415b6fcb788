/** The live view of a run: its payload for the renderer, its status in words, and the MIME bundle of both. */
import { z } from 'zod';
import {
  type PendingAnswer,
  type RunState,
  findAccepted,
  findProvenChampion,
  findUnprovenLead,
  formatAccepted,
  formatLead,
  formatRejectedHead,
} from '@policybook/engine';
import type { MimeBundle } from './mime-bundle';
import { PLOTLY_MIME, RUN_MIME, type RunPayload } from './payloads';
import { pickScoreText } from './numbers';
import type { LiveRun } from './live-run';
import { buildRunFigure } from './run-figure';
import { formatRun } from './run-text';
import { formatIsolation, formatStepLimit } from './warnings';
import { buildBudgetRows, estimateSecondsLeft } from './run-budget';
import { listCandidates } from './listed-candidates';
import { listLogLines } from './run-log';
import { dropControls, MAX_MESSAGE_CHARACTERS, toOneLine } from './text';
import { buildEvidenceRows } from './evidence';
import { adviseOnLead } from './lead-advice';
import { formatStop } from './stop-message';
import { formatSize } from './size-traces';
import {
  type CandidateStanding,
  type ScoredCandidate,
  findScoredChampion,
  findScoredHead,
  findStandings,
  formatLabel,
  formatReference,
} from './champion-history';

/** Builds the output of a run; `png` is the latest picture of its plot, base64, absent until the first was drawn. */
export function buildRunBundle(state: RunState, progress: LiveRun, png?: string): MimeBundle {
  // Of a head that was not measured, scoring takes an interval over all of its episodes.
  const head = findScoredHead(state);
  const payload = buildRunPayload(state, progress, head);
  return {
    [RUN_MIME]: payload,
    [PLOTLY_MIME]: buildRunFigure(state, head),
    ...(png === undefined ? {} : { 'image/png': png }),
    'text/plain': formatRun(state, payload),
  };
}

/** Builds the payload of the run view. Texts of authors are kept to one line without control characters; the renderer escapes them. */
export function buildRunPayload(
  state: RunState,
  progress: LiveRun,
  head = findScoredHead(state),
): RunPayload {
  const { settings, stopped } = state;
  const unproven = findUnprovenLead(state);
  const lead = formatLead(state, unproven);
  const advice = adviseOnLead(state, unproven);
  const champion = findScoredChampion(state);
  const budget = [...buildBudgetRows(state, progress)];
  const { unreadable } = progress;
  const isUnderWay = stopped === null && unreadable === undefined;
  return {
    version: 1,
    run: state.run,
    environment: toOneLine(settings.environmentName),
    author: formatAuthor(state),
    status: stopped?.reason ?? (unreadable === undefined ? 'running' : 'failed'),
    activity: toOneLine(formatStop(state, lead) ?? unreadable ?? progress.activity, MAX_MESSAGE_CHARACTERS),
    threshold: state.facts.rewardThreshold,
    champion:
      head === null
        ? null
        : {
            ...describeHead(state.run, head, progress.folder),
            callPath: locateCall(head.candidate.call, progress.folder),
            lead: lead[0] ?? null,
            advice: advice?.text ?? null,
            adviceCell: advice?.cell ?? null,
          },
    proven:
      champion === null || champion.candidate.id === head?.candidate.id
        ? null
        : describeProven(state, champion),
    accepted: describeAccepted(state, head),
    alarms: [
      ...formatRejectedHead(state).map((text) => ({ code: 'rejected_by_user', text })),
      ...listChampionAlarms(state, [head, champion]),
      ...buildSlowAlarm(state, progress, head),
    ],
    evidence: buildEvidenceRows(state, progress.headEpisodes).map(({ name, text }) => ({
      name,
      text: toOneLine(text, MAX_MESSAGE_CHARACTERS),
    })),
    budget,
    candidates: countVerdicts(state),
    confinement: formatIsolation(progress.isolationLevel),
    findings: state.findings.map((finding) => toOneLine(finding, MAX_MESSAGE_CHARACTERS)),
    limitation: state.limitation === null ? null : toOneLine(state.limitation, MAX_MESSAGE_CHARACTERS),
    log: listLogLines(state, progress.events).map((line) => ({
      ...line,
      callPath: locateCall(findCall(state, line.candidate), progress.folder),
    })),
    listed: isUnderWay ? listCandidates(state) : [],
    answer: isUnderWay && progress.answering !== undefined ? describeAnswer(progress.answering) : null,
    stepsPerSecond: isUnderWay ? progress.stepsPerSecond : null,
    secondsLeft:
      isUnderWay && progress.answersFromOutside !== true
        ? estimateSecondsLeft(budget, progress.wallSeconds)
        : null,
  };
}

/** What has come of an answer: lines stay, and nothing else that controls how a text is shown. */
function describeAnswer({
  seconds,
  tokens,
  idea,
  reasoning,
  content,
}: PendingAnswer): NonNullable<RunPayload['answer']> {
  return {
    seconds: Math.floor(seconds),
    tokens,
    idea: idea === null ? null : toOneLine(idea),
    reasoning: dropControls(reasoning),
    content: dropControls(content),
  };
}

/** Says who has written the policies of a run, and whether that may have taken more than the run has counted. */
export function formatAuthor({ settings: { author }, isUnmetered }: RunState): string {
  const name = toOneLine(nameAuthor(author), 80);
  return isUnmetered ? `${name}, interaction unmetered` : name;
}

function nameAuthor({ kind, model, run, of }: RunState['settings']['author']): string {
  if (typeof model === 'string') return `${kind} ${model}`;
  const members = authorMembers.safeParse(of);
  if (members.success) return members.data.map(({ name }) => name).join(', ');
  // What is made of another author's record names the run that it is of.
  return of !== undefined && typeof run === 'string' ? `${kind} of ${run}` : kind;
}

/** What the settings of several authors say of each. */
const authorMembers = z.array(z.looseObject({ name: z.string() }));

type HeadPayload = NonNullable<RunPayload['champion']>;

function describeHead(
  run: string,
  { candidate, score, isMeasured }: ScoredCandidate,
  folder: string,
): Omit<HeadPayload, 'lead' | 'advice' | 'adviceCell' | 'callPath'> {
  return {
    reference: formatReference(run, candidate.id),
    label: formatLabel(candidate),
    kind: candidate.kind,
    score: pickScoreText(score),
    isMeasured,
    path: joinPath(folder, 'policies', candidate.policy),
    policy: candidate.policy,
    size: formatSize(candidate.size),
    lines: candidate.size.lines,
  };
}

/** Locates the file of a call, relative to the notebook; `null` for none. */
function locateCall(call: string | null, folder: string): string | null {
  return call === null ? null : joinPath(folder, 'calls', call);
}

function describeAccepted(state: RunState, head: ScoredCandidate | null): RunPayload['accepted'] {
  const [text] = formatAccepted(state);
  return text === undefined ? null : { isHead: findAccepted(state) === head?.candidate.id, text };
}

function findCall({ candidates }: RunState, candidate: number | null): string | null {
  return [...candidates.values()].find(({ id }) => id === candidate)?.call ?? null;
}

const joinPath = (...parts: readonly string[]): string => parts.filter((part) => part !== '').join('/');

/** Describes the champion where the head is another policy. */
function describeProven(state: RunState, { candidate, score }: ScoredCandidate): RunPayload['proven'] {
  return {
    reference: formatReference(state.run, candidate.id),
    label: formatLabel(candidate),
    score: pickScoreText(score),
    isFirst: state.championHistory.length === 1,
    policy: candidate.policy,
  };
}

/** Lists the alarms of the head and the champion, and of the candidate whose score it has where it is only a smaller text. */
function listChampionAlarms(
  state: RunState,
  shown: readonly (ScoredCandidate | null)[],
): RunPayload['alarms'] {
  const own = shown.map((each) => each?.candidate.id);
  own.push(findProvenChampion(state)?.id);
  return state.alarms
    .filter(({ candidate }) => own.includes(candidate))
    .map(({ code, message }) => ({ code, text: toOneLine(message, MAX_MESSAGE_CHARACTERS) }))
    .reverse();
}

/** Warns of a head that came near the step limit. A clock says that, so no event does: on a slower machine it may fail. */
function buildSlowAlarm(
  state: RunState,
  { slowestSteps = {} }: LiveRun,
  head: ScoredCandidate | null,
): RunPayload['alarms'] {
  const slowest = head === null ? undefined : slowestSteps[head.candidate.id];
  if (slowest === undefined) return [];
  const text = formatStepLimit(slowest, state.settings.policy.stepMs);
  return [{ code: 'near_step_limit', text: toOneLine(text, MAX_MESSAGE_CHARACTERS) }];
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
    refused: count('refused'),
    undecided: count('undecided'),
    equivalent: count('equivalent'),
    notCompared: count('pending'),
  };
}
