/** What happened in a run, one line for each event that its log shows. */
import {
  formatGoldenLosses,
  isLogged,
  isRetuning,
  requireCandidate,
  type CandidateId,
  type LoggedEvent,
  type ReplayedAnswer,
  type RunEvent,
  type RunState,
  type UserMessage,
} from '@policybook/engine';
import { COUNTED_BUDGET_NAMES, countSpent, formatLimit } from '@policybook/protocol';
import { formatAuditLine } from './audit';
import {
  formatDifference,
  formatLeadOver,
  formatQuantity,
  formatReturn,
  formatScore,
  formatVerdict,
} from './numbers';
import type { RunPayload } from './payloads';
import { MAX_MESSAGE_CHARACTERS, toOneLine } from './text';
import { namePair } from './warnings';
import { formatReference } from './champion-history';

/** A line of the run view's log. */
export type LogLine = Omit<RunPayload['log'][number], 'callPath'>;

/** Lists the newest `most` lines, oldest first. */
export function listLogLines(state: RunState, events: readonly RunEvent[], most = 12): LogLine[] {
  const lines: LogLine[] = [];
  // Why the run has stopped stands above the log.
  const ending = state.stopped === null ? -1 : events.findLastIndex(({ type }) => type === 'run_stopped');
  for (let index = events.length - 1; index >= 0 && lines.length < most; index -= 1) {
    const event = events[index];
    if (!event || index === ending || !isLogged(event) || isRepetition(event, events[index - 1])) continue;
    const line = formatLogLine(state, event);
    if (line) lines.unshift(line);
  }
  return lines;
}

/** Whether it is a promotion after a comparison whose line has just said that the challenger was better. */
function isRepetition(event: RunEvent, before: RunEvent | undefined): boolean {
  return (
    event.type === 'champion_promoted' &&
    before?.type === 'challenger_compared' &&
    before.verdict === 'better' &&
    before.challenger === event.candidate
  );
}

function formatMessage(state: RunState, message: UserMessage): LogLine {
  switch (message.kind) {
    case 'policy':
      return buildLogLine(null, `${message.name} joins, a policy by hand`);
    case 'note':
      return buildLogLine(null, `your note: ${message.text}`);
    case 'accept':
      return buildCandidateLine(state, message.candidate, 'is accepted by you as the result', 'good');
    case 'reject':
      return buildCandidateLine(state, message.candidate, 'is rejected by you');
  }
}

function formatLogLine(state: RunState, event: LoggedEvent): LogLine | null {
  switch (event.type) {
    case 'author_answered':
      return buildLogLine(
        null,
        `${event.member?.name ?? event.author} proposed ${formatQuantity(event.proposals, 'policy', 'policies')}${formatRepaired(event.repaired ?? [])}${formatReplayed(event.replayed)}`,
      );
    case 'message_received':
      return formatMessage(state, event.message);
    case 'tool_used':
      return buildLogLine(null, `${event.member?.name ?? event.author} ${event.message}`);
    case 'author_failed':
      return buildLogLine(null, `${event.member?.name ?? event.author} failed: ${event.message}`, 'bad');
    case 'candidate_rejected':
      return event.reason.code === 'failed'
        ? buildCandidateLine(state, event.candidate, `fails: ${event.reason.failure.message}`, 'bad')
        : buildCandidateLine(state, event.candidate, formatDuplicate(state, event.candidate, event.reason));
    case 'candidate_raced':
      return event.dropped ? buildCandidateLine(state, event.candidate, formatDropped(state, event)) : null;
    case 'head_changed':
      return buildCandidateLine(state, event.candidate, formatHead(state, event), 'good');
    case 'golden_played':
      return event.losses.length > 0
        ? buildCandidateLine(state, event.candidate, `refused: ${formatGoldenLosses(event.losses)}`, 'bad')
        : buildCandidateLine(
            state,
            event.candidate,
            `holds ${formatQuantity(event.played.returns.length, 'golden case')}`,
          );
    case 'head_measured':
      return buildCandidateLine(state, event.candidate, `${formatScore(event.score)} on fresh seeds`);
    case 'challenger_compared':
      return buildCandidateLine(
        state,
        event.challenger,
        formatCompared(event, namePair(state.facts)),
        pickTone(event),
      );
    case 'champion_promoted':
      return buildCandidateLine(state, event.candidate, `champion with ${formatScore(event.score)}`, 'good');
    case 'tuner_finished':
      return buildCandidateLine(state, event.candidate, formatTuned(event.generations));
    case 'simplifier_finished':
      return buildCandidateLine(state, event.candidate, formatSimplified(event));
    case 'constants_jittered':
      return buildCandidateLine(state, event.candidate, formatJittered(event, namePair(state.facts)));
    case 'proxy_checked':
      return buildLogLine(
        null,
        `${formatQuantity(event.candidates.length, 'champion')} played at full length`,
      );
    case 'alarm_raised':
      return buildLogLine(event.candidate, `alarm: ${event.message}`, 'bad', MAX_MESSAGE_CHARACTERS);
    case 'episodes_lost':
      return buildLogLine(null, `${formatQuantity(event.episodes, 'episode')} lost: ${event.fault}`, 'bad');
    case 'recomputed_differently':
      return buildLogLine(null, formatRecomputed(event), 'bad');
    case 'audited':
      return buildCandidateLine(state, event.candidate, formatAuditLine(event));
    case 'run_stopped':
      return buildLogLine(null, `stopped: ${event.message}`, event.reason === 'failed' ? 'bad' : 'plain');
  }
}

/** Formats as "simplified: 2 edits without effect, 1 variant to test, 3 parts unexercised in 100 episodes". */
function formatSimplified({
  identicalEdits,
  variants,
  unexercised = [],
  isCutShort,
  usage,
}: Extract<RunEvent, { type: 'simplifier_finished' }>): string {
  return [
    `simplified: ${formatQuantity(identicalEdits.length, 'edit')} without effect`,
    formatQuantity(variants, 'variant') + ' to test',
    ...(unexercised.length === 0
      ? []
      : [
          `${formatQuantity(unexercised.length, 'part')} unexercised in ${formatQuantity(usage.episodes ?? 0, 'episode')}`,
        ]),
    ...(isCutShort === true ? ['ended by the bound on its work'] : []),
  ].join(', ');
}

/** Formats as "event 17 came out otherwise when made again (returns[3]: 12.5 → 12.6); the record counts". */
function formatRecomputed({
  event,
  differences,
}: Extract<RunEvent, { type: 'recomputed_differently' }>): string {
  const shown = differences.slice(0, 2).join('; ');
  return `event ${event} came out otherwise when made again (${shown}); the record counts`;
}

function formatDuplicate(
  state: RunState,
  candidate: CandidateId,
  {
    of,
    by,
    episodes,
    worst = 0,
  }: Extract<Extract<RunEvent, { type: 'candidate_rejected' }>['reason'], { code: 'duplicate' }>,
): string {
  const earlier = formatReference(state.run, of);
  if (isRetuning(state, requireCandidate(state, candidate))) return `same as ${earlier} but for its marks`;
  if (by === 'tree') return `same as ${earlier}`;
  if (episodes === undefined) return `acts like ${earlier} on all recorded observations`;
  return `acts like ${earlier} in ${formatQuantity(episodes, 'recorded episode')}, the ${worst} worst among them`;
}

/** Formats as "constants moved by up to 5 %: keeps 268.1 [250.0, 275.1] over 64 episodes, -4.2 [-20.1, 9.8] over 64 pairs". */
function formatJittered(
  { part, score, difference }: Extract<RunEvent, { type: 'constants_jittered' }>,
  pair: string,
): string {
  const moved = `constants moved by up to ${formatReturn(100 * part)} %`;
  return `${moved}: keeps ${formatScore(score)}, ${formatDifference(difference, pair)}`;
}

/** Formats the verdict with its difference, or that the two are equal wherever they have met. */
function formatCompared(
  { verdict, difference }: Extract<RunEvent, { type: 'challenger_compared' }>,
  pair: string,
): string {
  const isEqual = verdict === 'equivalent' && difference.mean === 0 && difference.deviation === 0;
  return isEqual
    ? `equal on ${formatQuantity(difference.episodes, pair)}, perhaps at the ceiling`
    : formatVerdict(verdict, difference, pair);
}

function pickTone({ verdict }: Extract<RunEvent, { type: 'challenger_compared' }>): LogLine['tone'] {
  if (verdict === 'better') return 'good';
  return verdict === 'worse' ? 'bad' : 'plain';
}

/** Formats as "leads, 40.2 [-47.1, 119.3] over 35 pairs with first@2": the best estimate by now, which is not shown. */
function formatHead(
  { run, facts }: RunState,
  { previous, lead, actsAs }: Extract<RunEvent, { type: 'head_changed' }>,
): string {
  if (actsAs !== undefined) return `takes the place of ${formatReference(run, actsAs)}, which it acts like`;
  if (previous === null) return 'leads the first race';
  if (lead === undefined) return `leads, in place of ${formatReference(run, previous)}`;
  return `leads, ${formatDifference(lead, namePair(facts))} with ${formatReference(run, previous)}`;
}

/**
 * Formats as "dropped, -45.8 [-150.3, 61.2] over 16 pairs with first@8": a race may err, so this says less than a verdict. A
 * champion, present or past, is not dropped, but "behind first@8 by 45.8 [-61.2, 150.3] over 16 pairs".
 */
function formatDropped(
  { run, facts, championHistory }: RunState,
  { candidate, behind, played }: Extract<RunEvent, { type: 'candidate_raced' }>,
): string {
  const isChampion = championHistory.some((promotion) => promotion.candidate === candidate);
  if (behind === undefined) {
    const after = `after ${formatQuantity(played.returns.length, 'more training episode')}`;
    return isChampion ? `behind in the race ${after}` : `dropped ${after}`;
  }
  const leader = formatReference(run, behind.leader);
  const { mean, low, high, episodes } = behind.difference;
  return isChampion
    ? `behind ${leader} by ${formatLeadOver({ mean: -mean, low: -high, high: -low, episodes }, namePair(facts))}`
    : `dropped, ${formatDifference(behind.difference, namePair(facts))} with ${leader}`;
}

function formatTuned(generations: Extract<RunEvent, { type: 'tuner_finished' }>['generations']): string {
  const [first] = generations;
  const ends = new Map(generations.map(({ descent = 0, mean }) => [descent, mean]));
  if (first === undefined) return 'constants left as they are';
  const descents = ends.size === 1 ? '' : ` in ${formatQuantity(ends.size, 'descent')}`;
  const span = `${formatReturn(first.mean)} to ${formatReturn(Math.max(...ends.values()))}`;
  return `constants tuned over ${formatQuantity(generations.length, 'generation')}${descents}, ${span}`;
}

function buildCandidateLine(
  state: RunState,
  id: CandidateId,
  text: string,
  tone: LogLine['tone'] = 'plain',
): LogLine {
  const label = state.candidates.get(id)?.label;
  return buildLogLine(id, label === undefined ? text : `${toOneLine(label, 60)}: ${text}`, tone);
}

/** Says how often a text was mended before it was proposed. */
function formatRepaired(calls: readonly string[]): string {
  if (calls.length === 0) return '';
  const times = ['once', 'twice'][calls.length - 1] ?? `${calls.length} times`;
  return `, mended ${times}`;
}

/** Says what replayed calls had cost, and in which prompts the replay departs from the record. */
function formatReplayed(replayed: ReplayedAnswer | undefined): string {
  if (replayed === undefined) return '';
  const costs = COUNTED_BUDGET_NAMES.flatMap((name) => {
    const spent = countSpent(name, replayed.usage);
    return spent === 0 ? [] : [formatLimit(name, spent)];
  });
  const changed = replayed.changed ?? [];
  const [first] = changed;
  const said = first === undefined ? '' : `; ${formatChanged(changed.length)}: ${first.difference.join(' ')}`;
  return `, from the record, where it had cost ${costs.join(', ') || 'nothing that is known'}${said}`;
}

function formatChanged(prompts: number): string {
  return prompts === 1 ? 'its prompt has changed' : `${prompts} of its prompts have changed`;
}

function buildLogLine(
  candidate: CandidateId | null,
  text: string,
  tone: LogLine['tone'] = 'plain',
  most = 240,
): LogLine {
  return { candidate, text: toOneLine(text, most), tone };
}
