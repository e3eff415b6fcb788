/** What `%replay` shows: how an episode went, how often each line ran, and which line chose which action. */
import { formatNumeral, type Json, type MethodResult, type TracedStep } from '@policybook/protocol';
import {
  type Departure,
  type FollowedEpisode,
  type RecordedEpisode,
  findDeparture,
  shortenHash,
} from '@policybook/engine';
import type { MimeBundle } from './mime-bundle';
import { formatCount, formatQuantity, formatReturn } from './numbers';
import {
  dropControls,
  escapeMarkdown,
  fenceCode,
  formatAlignedTable,
  formatMarkdownTable,
  toOneLine,
} from './text';

/** An episode that was played again, with what the record says of it. */
export interface Replay {
  readonly reference: string;
  readonly source: string;
  readonly seed: number;
  /** Whether no run has learned it, and so none can have recorded an episode. */
  readonly isByHand: boolean;
  /** What of the environment's code is another by now; `null` for nothing. */
  readonly changedCode: readonly string[] | null;
  /** What differed when the environment was tried with one seed twice; `undefined` where it repeats. */
  readonly unrepeatable: string | undefined;
  readonly episode: MethodResult<'trace'>;
  /** The same episode in the run's record; `null` where it has none. */
  readonly recorded: RecordedEpisode | null;
  /** Its trajectory hashes; `null` where nothing was kept of its steps. */
  readonly followed: FollowedEpisode | null;
  /** The names of the observation's coordinates; `null` for none. */
  readonly observation: readonly string[] | null;
}

/** Steps that are shown one by one, evenly spread. */
const MAX_STEPS_SHOWN = 12;
/** Of a list or a dict so many items are shown, at every level. */
const MAX_ITEMS_SHOWN = 8;
/** Characters that the observation of one step may take. */
const MAX_OBSERVATION_CHARACTERS = 320;
const BRANCH_HEAD = ['line', 'steps', 'actions', 'decided by'];
const STEP_HEAD = ['step', 'action', 'reward', 'line', 'observation', 'variables'];

/** Builds the output of `%replay`: how the episode ended, which branches chose its actions, and its steps. */
export function buildReplayBundle(replay: Replay): MimeBundle {
  const { reference, source, seed, episode } = replay;
  const lines = dropControls(source).trimEnd().split('\n');
  const title = `${toOneLine(reference)} on seed ${seed}`;
  const outcome = formatEpisodeEnd(episode);
  const left = locateDeparture(replay);
  const check = formatReplayCheck(replay, left);
  const decisions = buildBranchRows(lines, episode.steps);
  const steps = buildStepRows(replay, pickSteps(episode.steps));
  const leaving =
    left === null ? [] : buildStepRows(replay, numberSteps(episode.steps).slice(left.from - 1, left.to));
  const counted = annotateText(lines, episode.steps);
  return {
    'text/markdown': [
      `**${escapeMarkdown(title)}: ${escapeMarkdown(outcome)}**`,
      escapeMarkdown(check, 480),
      ...(leaving.length > 0 ? ['Here it leaves the record:', formatMarkdownTable(STEP_HEAD, leaving)] : []),
      'Which line chose the actions:',
      formatMarkdownTable(BRANCH_HEAD, decisions),
      'How often each line ran:',
      fenceCode('', counted),
      'Steps of it:',
      formatMarkdownTable(STEP_HEAD, steps),
    ].join('\n\n'),
    'text/plain': [
      `${title}: ${outcome}`,
      check,
      ...(leaving.length > 0
        ? [`Here it leaves the record:\n${formatAlignedTable(STEP_HEAD, leaving)}`]
        : []),
      formatAlignedTable(BRANCH_HEAD, decisions),
      counted,
      formatAlignedTable(STEP_HEAD, steps),
    ].join('\n\n'),
  };
}

/** Says how an episode ended, as "return 251.3 in 312 steps, ended by the environment". */
function formatEpisodeEnd({
  return: total,
  steps,
  terminated,
  truncated,
  failure,
}: Replay['episode']): string {
  const end = failure
    ? 'ended by a failure of the policy'
    : terminated
      ? 'ended by the environment'
      : truncated
        ? 'ended by the step limit'
        : 'not ended';
  return `return ${formatReturn(total)} in ${formatQuantity(steps.length, 'step')}, ${end}`;
}

/** Says whether it is the episode that the run scored, and where it departs from it. */
function formatReplayCheck(replay: Replay, left: Departure | null): string {
  const { episode, isByHand, recorded, followed } = replay;
  if (isByHand) return 'A policy by hand has no run that could have recorded this episode.';
  if (recorded === null) return 'The run did not record an episode of this policy on this seed.';
  const actions = shortenHash(episode.actionHash);
  if (recorded.actions === null) return 'In the run, the policy failed in this episode.';
  if (!isAnotherEpisode(replay)) return 'It is the recorded episode again: same return, same actions.';
  const what = recorded.actions === actions ? 'the actions are the same' : 'the actions are others';
  const where =
    followed === null || left === null
      ? 'the record does not tell at which step'
      : formatDeparture(left, followed, episode.steps.length);
  const cause = explainDeparture(replay);
  return `It is not the recorded episode: ${where}. The run recorded a return of ${recorded.return}, this is ${episode.return}; ${what}. ${cause}`;
}

/** Whether an episode that the policy played through is another than the one that its run has recorded. */
export function isAnotherEpisode(replay: Pick<Replay, 'episode' | 'recorded' | 'followed'>): boolean {
  const { episode, recorded } = replay;
  if (recorded === null || recorded.actions === null || episode.failure !== null) return false;
  return (
    locateDeparture(replay) !== null ||
    recorded.actions !== shortenHash(episode.actionHash) ||
    recorded.return !== episode.return
  );
}

/** Says why it may be another episode than the recorded one. */
function explainDeparture({ changedCode, unrepeatable }: Replay): string {
  if (changedCode !== null)
    return `The environment's code has changed since the run (${changedCode.join(', ')}).`;
  return unrepeatable === undefined
    ? 'The environment, NumPy or this machine may differ from those of the run.'
    : `The environment does not repeat a seed: ${unrepeatable}.`;
}

function locateDeparture({
  episode,
  recorded,
  followed,
}: Pick<Replay, 'episode' | 'recorded' | 'followed'>): Departure | null {
  if (recorded === null || recorded.actions === null || followed === null) return null;
  const { steps, trajectoryHashes } = episode;
  return findDeparture(followed, { steps: steps.length, hashes: trajectoryHashes.hashes });
}

/** Says where a replay departs from the record, as "up to step 36 it is the same, and step 37 differs in its action or reward". */
function formatDeparture({ from, to }: Departure, recorded: FollowedEpisode, steps: number): string {
  const same = from === 1 ? '' : `up to step ${from - 1} it is the same, and `;
  if (from > recorded.steps) return `${same}it goes on where the recorded one ended`;
  if (from > steps) return `${same}it ends where the recorded one went on to step ${recorded.steps}`;
  if (from === to) return `${same}step ${from} differs in its action or reward`;
  const apart = `the record tells steps apart by ${recorded.trajectoryHashes.every}`;
  return `${same}one of steps ${from} to ${to} is the first that differs in its action or reward (${apart})`;
}

/** Says for each line that ran last in some step in how many it did, and what was chosen there. */
function buildBranchRows(lines: readonly string[], steps: readonly TracedStep[]): string[][] {
  const deciding = new Map<number, TracedStep[]>();
  for (const step of steps) {
    const line = findDecidingLine(step);
    if (line === null) continue;
    const chosen = deciding.get(line);
    if (chosen === undefined) deciding.set(line, [step]);
    else chosen.push(step);
  }
  return [...deciding]
    .sort(([, one], [, other]) => other.length - one.length)
    .slice(0, MAX_STEPS_SHOWN)
    .map(([line, chosen]) => [
      String(line),
      `${formatCount(chosen.length)} (${Math.round((100 * chosen.length) / steps.length)} %)`,
      countChoices(chosen),
      toOneLine(lines[line - 1] ?? '', 80),
    ]);
}

/** Finds the last line that ran, which returned the action. */
function findDecidingLine(step: TracedStep): number | null {
  return step.lines.at(-1)?.[0] ?? null;
}

/** Formats the actions with how often each was chosen; of many different ones their number and the first. */
function countChoices(steps: readonly TracedStep[]): string {
  const counts = new Map<string, number>();
  for (const { action } of steps) {
    const text = formatJson(action);
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  const frequent = [...counts].sort(([, one], [, other]) => other - one);
  if (frequent.length <= 4) return frequent.map(([text, count]) => `${text} × ${count}`).join(', ');
  return `${frequent.length} different, first ${formatJson(steps[0]?.action ?? null)}`;
}

/** Annotates the policy's text: before each line stands how often it ran in the episode. */
function annotateText(lines: readonly string[], steps: readonly TracedStep[]): string {
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

type NumberedStep = readonly [number: number, step: TracedStep];

/** From 1. */
function numberSteps(steps: readonly TracedStep[]): NumberedStep[] {
  return steps.map((step, index) => [index + 1, step]);
}

function pickSteps(steps: readonly TracedStep[]): NumberedStep[] {
  const stride = Math.max(1, Math.ceil(steps.length / MAX_STEPS_SHOWN));
  return numberSteps(steps).filter((_, index) => index % stride === 0);
}

function buildStepRows({ observation }: Replay, steps: readonly NumberedStep[]): string[][] {
  return steps.map(([number, step]) => [
    String(number),
    formatJson(step.action),
    formatReturn(step.reward),
    String(findDecidingLine(step) ?? ''),
    formatObservation(step.observation, observation),
    formatVariables(step.variables, observation),
  ]);
}

function formatObservation(value: Json, names: readonly string[] | null): string {
  if (names === null || !isList(value) || value.length !== names.length)
    return toOneLine(formatJson(value), MAX_OBSERVATION_CHARACTERS);
  const named = names.map((name, index) => `${name} ${formatJson(value[index] ?? null)}`).join(', ');
  return toOneLine(named, MAX_OBSERVATION_CHARACTERS);
}

/** Of the policy's own: not the observation once more. */
function formatVariables(variables: TracedStep['variables'], names: readonly string[] | null): string {
  const own = Object.entries(variables).filter(
    ([name, text]) => name !== 'observation' && !names?.includes(name) && !text.startsWith('array('),
  );
  return toOneLine(own.map(([name, text]) => `${name} ${text}`).join(', '), 160);
}

function formatJson(value: Json): string {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : formatNumeral(value, 3);
  if (isList(value)) return `[${formatItems(value.map(formatJson))}]`;
  if (typeof value === 'object' && value !== null)
    return `{${formatItems(Object.entries(value).map(([key, part]) => `${toOneLine(key, 40)}: ${formatJson(part)}`))}}`;
  return toOneLine(typeof value === 'string' ? value : JSON.stringify(value), 60);
}

/** Joins the items of a list or a dict; of long ones the first. */
function formatItems(items: readonly string[]): string {
  return `${items.slice(0, MAX_ITEMS_SHOWN).join(', ')}${items.length > MAX_ITEMS_SHOWN ? ', …' : ''}`;
}

function isList(value: Json): value is readonly Json[] & Json {
  return Array.isArray(value);
}
