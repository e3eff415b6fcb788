/** What happened, one line an event, for events worth telling. */
import type { CandidateId, RunEvent, RunState } from '@policybook/engine';
import { auditLine } from './audit-words';
import { plural, returnWords, scoreWords, verdictWords } from './numbers';
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
    event.type === 'champion_changed' &&
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
        : about(state, event.candidate, `same as ${referenceOf(state.run, event.reason.of)}`);
    case 'candidate_raced':
      return event.dropped ? about(state, event.candidate, droppedWords(event.played.returns)) : null;
    case 'challenger_compared':
      return about(state, event.challenger, verdictWords(event.verdict, event.difference), toneOf(event));
    case 'champion_changed':
      return about(state, event.candidate, `champion with ${scoreWords(event.score)}`, 'good');
    case 'tuner_finished':
      return about(state, event.candidate, tunedWords(event.generations));
    case 'simplifier_finished':
      return about(
        state,
        event.candidate,
        `simplified: ${plural(event.identicalEdits.length, 'edit')} without effect, ${plural(event.variants, 'variant')} to test`,
      );
    case 'audited':
      return about(state, event.candidate, auditLine(event));
    case 'run_stopped':
      return line(null, `stopped: ${event.message}`, event.reason === 'failed' ? 'bad' : 'plain');
  }
}

function toneOf({ verdict }: Extract<RunEvent, { type: 'challenger_compared' }>): LogLine['tone'] {
  if (verdict === 'better') return 'good';
  return verdict === 'worse' ? 'bad' : 'plain';
}

function droppedWords(returns: readonly number[]): string {
  const mean = returns.reduce((sum, value) => sum + value, 0) / Math.max(1, returns.length);
  return `dropped after ${plural(returns.length, 'episode')} with a mean of ${returnWords(mean)}`;
}

function tunedWords(generations: Extract<RunEvent, { type: 'tuner_finished' }>['generations']): string {
  const first = generations[0];
  const last = generations.at(-1);
  if (!first || !last) return 'constants left as they are';
  const span = `${returnWords(first.mean)} to ${returnWords(last.mean)}`;
  return `constants tuned over ${plural(generations.length, 'generation')}, ${span}`;
}

function about(state: RunState, id: CandidateId, text: string, tone: LogLine['tone'] = 'plain'): LogLine {
  const label = state.candidates.get(id)?.label;
  return line(id, label === undefined ? text : `${oneLine(label, 60)}: ${text}`, tone);
}

function line(candidate: CandidateId | null, text: string, tone: LogLine['tone'] = 'plain'): LogLine {
  return { candidate, text: oneLine(text, 240), tone };
}
