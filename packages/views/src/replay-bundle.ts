/** What `%replay` shows: how an episode went, how often each line ran, and which line chose which action. */
import {
  shortHash,
  type Json,
  type MethodResult,
  type RecordedEpisode,
  type TracedStep,
} from '@policybook/engine';
import type { MimeBundle } from './mime-bundle';
import { countWords, plural, returnWords } from './numbers';
import { fenced, markdownText, oneLine, withoutControls } from './safe-text';
import { alignedTable, markdownTable } from './text-table';

export interface Replay {
  readonly reference: string;
  readonly source: string;
  readonly seed: number;
  readonly episode: MethodResult<'trace'>;
  /** The same episode in the run's record. */
  readonly recorded: RecordedEpisode | null;
  /** Names of the observation's coordinates. */
  readonly observation: readonly string[] | null;
}

/** Steps that are shown one by one, evenly spread. */
const shownSteps = 12;
const decisionHead = ['line', 'steps', 'actions', 'decided by'];
const stepHead = ['step', 'action', 'reward', 'line', 'observation', 'variables'];

export function replayBundle(replay: Replay): MimeBundle {
  const { reference, source, seed, episode } = replay;
  const lines = withoutControls(source).trimEnd().split('\n');
  const title = `${oneLine(reference)} on seed ${seed}`;
  const outcome = outcomeWords(episode);
  const check = checkWords(replay);
  const decisions = decisionRows(lines, episode.steps);
  const steps = stepRows(replay);
  const counted = countedText(lines, episode.steps);
  return {
    'text/markdown': [
      `**${markdownText(title)}: ${markdownText(outcome)}**`,
      markdownText(check, 240),
      'Which line chose the actions:',
      markdownTable(decisionHead, decisions),
      'How often each line ran:',
      fenced('', counted),
      'Steps of it:',
      markdownTable(stepHead, steps),
    ].join('\n\n'),
    'text/plain': [
      `${title}: ${outcome}`,
      check,
      alignedTable(decisionHead, decisions),
      counted,
      alignedTable(stepHead, steps),
    ].join('\n\n'),
  };
}

/** "return 251.3 in 312 steps, ended by the environment" */
function outcomeWords({ return: total, steps, terminated, truncated, failure }: Replay['episode']): string {
  const end = failure
    ? 'ended by a failure of the policy'
    : terminated
      ? 'ended by the environment'
      : truncated
        ? 'ended by the step limit'
        : 'not ended';
  return `return ${returnWords(total)} in ${plural(steps.length, 'step')}, ${end}`;
}

/** Whether it is the episode that the run scored. */
function checkWords({ episode, recorded }: Replay): string {
  if (recorded === null) return 'The run did not record an episode of this policy on this seed.';
  const actions = shortHash(episode.actionHash);
  if (recorded.actions === null) return 'In the run, the policy failed in this episode.';
  if (recorded.actions === actions && recorded.return === episode.return)
    return 'It is the recorded episode again: same return, same actions.';
  const what = recorded.actions === actions ? 'The actions are the same' : 'The actions are others';
  return `It is not the recorded episode: the run recorded a return of ${recorded.return}, this is ${episode.return}. ${what}; the environment, NumPy or this machine may differ from those of the run.`;
}

/** For each line that ran last in some step: in how many, and what was chosen there. */
function decisionRows(lines: readonly string[], steps: readonly TracedStep[]): string[][] {
  const deciding = new Map<number, TracedStep[]>();
  for (const step of steps) {
    const line = decidingLine(step);
    if (line === null) continue;
    const chosen = deciding.get(line);
    if (chosen === undefined) deciding.set(line, [step]);
    else chosen.push(step);
  }
  return [...deciding]
    .sort(([, one], [, other]) => other.length - one.length)
    .slice(0, shownSteps)
    .map(([line, chosen]) => [
      String(line),
      `${countWords(chosen.length)} (${Math.round((100 * chosen.length) / steps.length)} %)`,
      choices(chosen),
      oneLine(lines[line - 1] ?? '', 80),
    ]);
}

/** The last line that ran: what stands there was returned. */
function decidingLine(step: TracedStep): number | null {
  return step.lines.at(-1)?.[0] ?? null;
}

/** The actions with how often each was chosen; of many different ones their number and the first. */
function choices(steps: readonly TracedStep[]): string {
  const counts = new Map<string, number>();
  for (const { action } of steps) {
    const text = shortJson(action);
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  const frequent = [...counts].sort(([, one], [, other]) => other - one);
  if (frequent.length <= 4) return frequent.map(([text, count]) => `${text} × ${count}`).join(', ');
  return `${frequent.length} different, first ${shortJson(steps[0]?.action ?? null)}`;
}

/** The policy's text; before each line, how often it ran in the episode. */
function countedText(lines: readonly string[], steps: readonly TracedStep[]): string {
  const counts = new Map<number, number>();
  for (const step of steps)
    for (const [line, times] of step.lines) counts.set(line, (counts.get(line) ?? 0) + times);
  const width = Math.max(...[...counts.values(), 0].map((count) => String(count).length));
  return lines
    .map((line, index) => {
      const count = counts.get(index + 1);
      return `${(count === undefined ? '' : String(count)).padStart(width)} │ ${line}`.trimEnd();
    })
    .join('\n');
}

function stepRows({ episode: { steps }, observation }: Replay): string[][] {
  const stride = Math.max(1, Math.ceil(steps.length / shownSteps));
  return steps.flatMap((step, index) =>
    index % stride === 0
      ? [
          [
            String(index + 1),
            shortJson(step.action),
            returnWords(step.reward),
            String(decidingLine(step) ?? ''),
            observationText(step.observation, observation),
            variablesText(step.variables, observation),
          ],
        ]
      : [],
  );
}

function observationText(value: Json, names: readonly string[] | null): string {
  if (names === null || !isList(value) || value.length !== names.length) return shortJson(value);
  return oneLine(names.map((name, index) => `${name} ${shortJson(value[index] ?? null)}`).join(', '), 160);
}

/** Of the policy's own: not the observation once more. */
function variablesText(variables: TracedStep['variables'], names: readonly string[] | null): string {
  const own = Object.entries(variables).filter(
    ([name, text]) => name !== 'observation' && !names?.includes(name) && !text.startsWith('array('),
  );
  return oneLine(own.map(([name, text]) => `${name} ${text}`).join(', '), 160);
}

function shortJson(value: Json): string {
  if (typeof value === 'number')
    return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(3)));
  if (isList(value))
    return `[${value.slice(0, 8).map(shortJson).join(', ')}${value.length > 8 ? ', …' : ''}]`;
  return oneLine(typeof value === 'string' ? value : JSON.stringify(value), 60);
}

function isList(value: Json): value is readonly Json[] & Json {
  return Array.isArray(value);
}
