/** What happened, one line an event, for events worth telling. */
import type { CandidateId, RunEvent, RunState } from '@policybook/engine';
import { auditLine } from './audit-words';
import { differenceWords, plural, returnWords, scoreWords, verdictWords } from './numbers';
import type { RunPayload } from './payloads';
import { oneLine } from './safe-text';
import { referenceOf } from './standing';

export type LogLine = RunPayload['log'][number];

/** The newest `most` lines, oldest first. */
export function logLines(state: RunState, events: readonly RunEvent[], most = 12): LogLine[] {
  const lines: LogLine[] = [];
  for (let index = events.length - 1; index >= 0 && lines.length < most; index -= 1) {
    const event = events[index];
    if (!event || repeats(event, events[index - 1])) continue;
    const line = logLine(state, event);
    if (line) lines.unshift(line);
  }
  return lines;
}

/** A title won in a comparison that was just told as better. */
function repeats(event: RunEvent, before: RunEvent | undefined): boolean {
  return (
    event.type === 'champion_promoted' &&
    before?.type === 'challenger_compared' &&
    before.verdict === 'better' &&
    before.challenger === event.candidate
  );
}

function logLine(state: RunState, event: RunEvent): LogLine | null {
  switch (event.type) {
    case 'run_declared':
      return null;
    case 'author_answered':
      return line(null, `${event.author} proposed ${plural(event.proposals, 'policy', 'policies')}`);
    case 'author_failed':
      return line(null, `${event.author} failed: ${event.message}`, 'bad');
    case 'candidate_proposed':
      return null;
    case 'candidate_rejected':
      return event.reason.code === 'failed'
        ? about(state, event.candidate, `fails: ${event.reason.failure.message}`, 'bad')
        : about(state, event.candidate, twinWords(referenceOf(state.run, event.reason.of), event.reason.by));
    case 'actions_compared':
      return null;
    case 'candidate_raced':
      return event.dropped ? about(state, event.candidate, droppedWords(state.run, event)) : null;
    case 'challenger_compared':
      return about(state, event.challenger, verdictWords(event.verdict, event.difference), toneOf(event));
    case 'champion_promoted':
      return about(state, event.candidate, `champion with ${scoreWords(event.score)}`, 'good');
    case 'tuner_finished':
      return about(state, event.candidate, tunedWords(event.generations));
    case 'simplifier_finished':
      return about(
        state,
        event.candidate,
        `simplified: ${plural(event.identicalEdits.length, 'edit')} without effect, ${plural(event.variants, 'variant')} to test`,
      );
    case 'constants_jittered':
      return about(state, event.candidate, jitteredWords(event));
    case 'proxy_checked':
      return line(null, `${plural(event.candidates.length, 'champion')} played at full length`);
    case 'alarm_raised':
      return line(event.candidate, `alarm: ${event.message}`, 'bad');
    case 'recomputed_differently':
      return line(null, recomputedWords(event), 'bad');
    case 'audited':
      return about(state, event.candidate, auditLine(event));
    case 'run_stopped':
      return line(null, `stopped: ${event.message}`, event.reason === 'failed' ? 'bad' : 'plain');
  }
}

/** "event 17 came out otherwise when made again (returns[3]: 12.5 → 12.6); the record counts" */
function recomputedWords({
  event,
  differences,
}: Extract<RunEvent, { type: 'recomputed_differently' }>): string {
  const shown = differences.slice(0, 2).join('; ');
  return `event ${event} came out otherwise when made again (${shown}); the record counts`;
}

function twinWords(twin: string, by: 'tree' | 'actions'): string {
  return by === 'tree' ? `same as ${twin}` : `acts like ${twin} on all recorded observations`;
}

/** "constants moved by up to 5 %: keeps 268.1 [250.0, 275.1] over 64 episodes, -4.2 [-20.1, 9.8] over 64 pairs" */
function jitteredWords({
  part,
  score,
  difference,
}: Extract<RunEvent, { type: 'constants_jittered' }>): string {
  const moved = `constants moved by up to ${returnWords(100 * part)} %`;
  return `${moved}: keeps ${scoreWords(score)}, ${differenceWords(difference)}`;
}

function toneOf({ verdict }: Extract<RunEvent, { type: 'challenger_compared' }>): LogLine['tone'] {
  if (verdict === 'better') return 'good';
  return verdict === 'worse' ? 'bad' : 'plain';
}

/** "dropped, -45.8 [-150.3, 61.2] over 16 pairs with first@8": a race may err, so this says less than a verdict. */
function droppedWords(
  run: string,
  { behind, played }: Extract<RunEvent, { type: 'candidate_raced' }>,
): string {
  if (behind === undefined) return `dropped after ${plural(played.returns.length, 'more training episode')}`;
  return `dropped, ${differenceWords(behind.difference)} with ${referenceOf(run, behind.leader)}`;
}

function tunedWords(generations: Extract<RunEvent, { type: 'tuner_finished' }>['generations']): string {
  const [first] = generations;
  const ends = new Map(generations.map(({ descent = 0, mean }) => [descent, mean]));
  if (first === undefined) return 'constants left as they are';
  const descents = ends.size === 1 ? '' : ` in ${plural(ends.size, 'descent')}`;
  const span = `${returnWords(first.mean)} to ${returnWords(Math.max(...ends.values()))}`;
  return `constants tuned over ${plural(generations.length, 'generation')}${descents}, ${span}`;
}

function about(state: RunState, id: CandidateId, text: string, tone: LogLine['tone'] = 'plain'): LogLine {
  const label = state.candidates.get(id)?.label;
  return line(id, label === undefined ? text : `${oneLine(label, 60)}: ${text}`, tone);
}

function line(candidate: CandidateId | null, text: string, tone: LogLine['tone'] = 'plain'): LogLine {
  return { candidate, text: oneLine(text, 240), tone };
}
