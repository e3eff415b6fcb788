/** What a prompt says of the task: the environment, its bounds, and what is left of the budget. */
import {
  BUDGET_NAMES,
  COUNTED_BUDGET_NAMES,
  formatLimit,
  formatNumeral,
  formatQuantity,
  type SpaceSummary,
} from '@policybook/protocol';
import {
  findHead,
  findLongestEpisode,
  findMinEffect,
  findNearbyBounds,
  readBudgetLeft,
  type AuthorRequest,
} from '@policybook/engine';
import { quote, quoteInLine } from './quoted';
import { nameCoordinate, type SeenRanges } from './replayed-evidence';

/** Numbers of a space of which each has a line in a table. */
const MOST_ROWS = 64;
/** Coordinates without bounds in a table, of which each has a line with its range. */
const MOST_RANGES = 32;

/** Describes the declared arguments of `act` besides the observation. */
export function formatFurther({ info = [], reward }: AuthorRequest['settings']['environment']): string {
  const named = [
    ...(reward ? ["`reward` (the last step's, 0.0 at first)"] : []),
    ...info.map((key) => `\`${key}\` (of Gymnasium's info, None where it is absent)`),
  ];
  return named.length === 0
    ? ''
    : `, but for arguments that \`act\` may take by name besides the observation: ${named.join(', ')}`;
}

/** Describes the environment in a few lines, as data. */
export function formatEnvironment(request: AuthorRequest): string {
  const { settings, facts } = request;
  const threshold = facts.rewardThreshold === null ? 'none is registered' : String(facts.rewardThreshold);
  const lines = [
    `name: ${settings.environmentName}`,
    `observation space: ${facts.observationSpace.text}`,
    `action space: ${facts.actionSpace.text}`,
    ...(facts.actionNames === undefined ? [] : [`actions: ${formatActionNames(request)}`]),
    `mean return that counts as solved: ${threshold}`,
    `an episode ends at the latest after: ${formatStepLimit(request)}`,
  ];
  const mask = formatMask(request);
  if (mask !== null) lines.push(mask);
  if (settings.observation)
    lines.push(`names of the observation's coordinates: ${settings.observation.join(', ')}`);
  if (Object.keys(settings.environment.kwargs).length > 0)
    lines.push(`made with: ${JSON.stringify(settings.environment.kwargs)}`);
  return quote(lines.join('\n'), 6000);
}

/** Formats as "0 NOOP, 1 FIRE". */
function formatActionNames({ facts: { actionNames = [], actionSpace } }: AuthorRequest): string {
  return actionNames
    .map((name, index) => `${(actionSpace.start ?? 0) + index} ${quoteInLine(name, 40)}`)
    .join(', ');
}

function formatStepLimit({ facts }: AuthorRequest): string {
  const limit = formatQuantity(findLongestEpisode(facts), 'step');
  if (facts.maxEpisodeSteps === null) return `${limit} (the environment states no limit)`;
  if (facts.fullEpisodeSteps === null) return limit;
  return `${limit} (a full episode may take ${formatQuantity(facts.fullEpisodeSteps, 'step')})`;
}

/** Says where a policy finds which actions are legal; `null` where it is not given that. */
function formatMask({ settings, facts }: AuthorRequest): string | null {
  const { info = [], mask } = settings.environment;
  const key = mask ?? facts.infoMask;
  if (key === undefined) return null;
  const place = info.includes(key) ? 'an argument of act' : 'a part of the observation';
  return `legal actions: those that ${key} allows, ${place} in the form that Gymnasium's space.sample(mask) takes`;
}

/** The bounds in tables, as data. */
interface FormattedBounds {
  readonly text: string;
  /** Whether the ranges that were seen stand in them. */
  readonly hasRanges: boolean;
}

/**
 * Lists the bounds of what a policy sees and of what it does in tables, with the ranges that were seen; `null` where the spaces are no
 * short Boxes, and few ranges were seen or none.
 */
export function formatBounds(request: AuthorRequest, seen: SeenRanges): FormattedBounds | null {
  const { settings, facts } = request;
  const { observe } = settings.environment;
  const names = settings.observation ?? [];
  const observed = { what: 'observation', shown: observe, names, seen };
  const bounds = formatBoundsTable(facts.observationSpace, observed);
  const isInBounds = bounds !== null && [...seen.keys()].some((path) => /^\d+$/.test(path));
  const ranges = isInBounds ? null : formatSeenTable(request, seen);
  const acted = { what: 'action', shown: null, names: [], seen: new Map() };
  const tables = [bounds, ranges, formatBoundsTable(facts.actionSpace, acted)].filter(
    (table) => table !== null,
  );
  return tables.length === 0
    ? null
    : { text: quote(tables.join('\n\n'), 6000), hasRanges: isInBounds || ranges !== null };
}

/** Lists the ranges that the probe before the first answer has seen. */
export function listProbedRanges({ probed }: AuthorRequest['state']): SeenRanges {
  return new Map(probed?.ranges.map(({ path, low, high }) => [path, [low, high]]));
}

/** Lists the ranges that were seen of coordinates for which the observation's bounds have no table; `null` for none, and for many. */
function formatSeenTable({ settings }: AuthorRequest, seen: SeenRanges): string | null {
  if (seen.size === 0 || seen.size > MOST_RANGES) return null;
  const rows = [...seen].map(([path, range]) => {
    const name = nameCoordinate(path, settings.observation ?? []);
    return `| ${[name, ...range.map((value) => formatNumeral(value, 3))].join(' | ')} |`;
  });
  return ['| observation | seen at least | seen at most |', '|---|---|---|', ...rows].join('\n');
}

/** How the table of a space is written. */
interface BoundsTable {
  readonly what: string;
  /** The places of the space that the policy sees; `null` for all. */
  readonly shown: readonly number[] | null;
  readonly names: readonly string[];
  readonly seen: SeenRanges;
}

function formatBoundsTable(
  { low, high }: SpaceSummary,
  { what, shown, names, seen }: BoundsTable,
): string | null {
  if (low === null || high === null) return null;
  const places = shown ?? low.map((_, index) => index);
  if (places.length === 0 || places.length > MOST_ROWS) return null;
  const hasSeen = places.some((_, index) => seen.has(String(index)));
  const rows = places.map((place, index) => {
    const bounds = [low[place] ?? null, high[place] ?? null].map((bound) =>
      bound === null ? 'none' : formatNumeral(bound, 5),
    );
    const name = names[index];
    const range = hasSeen ? formatRange(seen.get(String(index))) : [];
    return `| ${[String(index), ...(names.length > 0 ? [quoteInLine(name ?? '')] : []), ...bounds, ...range].join(' | ')} |`;
  });
  const heading = [
    what,
    ...(names.length > 0 ? ['name'] : []),
    'at least',
    'at most',
    ...(hasSeen ? ['seen at least', 'seen at most'] : []),
  ];
  return [`| ${heading.join(' | ')} |`, `|${heading.map(() => '---').join('|')}|`, ...rows].join('\n');
}

/** Formats both ends of a range; dashes where none is known. */
function formatRange(range: readonly [number, number] | undefined): string[] {
  return range?.map((value) => formatNumeral(value, 3)) ?? ['–', '–'];
}

const TUNING =
  '- The tuner has its turn when two answers in a row bring nothing better, when no answer may follow, and at once for an answer that changes nothing but marks, each time where at least 64 episodes can be spared. Until then a policy is judged by the numbers that it is written with.';

/** Says what is left of the budget, and which gain is worth having. No clock measures any of it: equal runs send equal prompts. */
export function formatBudgetLeft({ state }: AuthorRequest): string {
  const left = readBudgetLeft(state);
  const { budget } = state.settings;
  const lines = BUDGET_NAMES.flatMap((name) => {
    const limit = budget[name];
    if (limit === null) return [];
    const counted = COUNTED_BUDGET_NAMES.find((each) => each === name);
    if (counted === undefined) return [`- The run ends at the latest after ${formatLimit(name, limit)}.`];
    return [`- ${formatNumeral(left[counted] ?? limit, 9)} of ${formatLimit(name, limit)} are left.`];
  });
  return [
    ...(lines.length === 0 ? ['- Nothing limits the run.'] : lines),
    ...(state.settings.tune ? [TUNING] : []),
    ...formatLeastGain(state),
  ].join('\n');
}

function formatLeastGain(state: AuthorRequest['state']): string[] {
  const isKnown = findHead(state) !== null || state.settings.acceptance.minEffect !== null;
  if (!isKnown) return [];
  const least = formatNumeral(findMinEffect(state, findNearbyBounds(state)), 3);
  return [
    `- A gain of less than ${least} in mean return (the minimum effect, which follows from the scores so far) is not worth having.`,
  ];
}
