/** What the best policy met and did step by step, from two of its episodes that are played once more: aggregates, then timelines. */
import {
  findTellingSeeds,
  listCoordinates,
  type AuthorRequest,
  type Candidate,
  type KeptTrace,
} from '@policybook/engine';
import { formatCount, formatNumeral, formatQuantity } from '@policybook/protocol';
import { computeQuantiles } from './quantiles';
import { quote, quoteInLine } from './quoted';
import { formatTimeline } from './timeline';

/** An episode of more steps than this is not replayed: following a policy takes a hundred times as long as playing it. */
const MOST_STEPS = 2000;
/** Coordinates that have a row, at most. */
const MOST_ROWS = 32;
/** The shares at which quantiles of a coordinate are given. */
const SHARES = [0.05, 0.5, 0.95];
/** A line that ran in a smaller part of the steps is named, up to so many of them. */
const RARE_SHARE = 0.02;
const RARE_LINES_SHOWN = 8;

/** An episode that was replayed, and what it stands for. */
export interface ReplayedEpisode {
  readonly what: 'median' | 'worst';
  readonly trace: KeptTrace;
}

/** The least and the greatest value of each coordinate that the best policy met, by its path. */
export type SeenRanges = ReadonlyMap<string, readonly [low: number, high: number]>;

/** Replays the episodes of the median and of the worst return, as far as they are short enough and repeat. */
export async function replayTellingEpisodes(
  request: AuthorRequest,
  head: Candidate,
): Promise<readonly ReplayedEpisode[]> {
  const short = (await listTelling(request, head)).filter(({ steps }) => steps <= MOST_STEPS);
  const replayed = await Promise.all(
    short.map(async ({ what, seed }) => ({ what, trace: await request.replay(head.id, seed) })),
  );
  return replayed.flatMap(({ what, trace }) => (trace === null ? [] : [{ what, trace }]));
}

/** Says that the episodes of a policy are too long to be replayed; `null` where one of them is not. */
export async function formatUnreplayed(request: AuthorRequest, head: Candidate): Promise<string | null> {
  const telling = await listTelling(request, head);
  const shortest = Math.min(...telling.map(({ steps }) => steps));
  if (telling.length === 0 || shortest <= MOST_STEPS) return null;
  return `None of its episodes is shown step by step: only those of ${formatCount(MOST_STEPS)} steps at most are replayed.`;
}

/** Lists the episodes of the median and of the worst return whose lengths are known. */
async function listTelling(
  request: AuthorRequest,
  head: Candidate,
): Promise<
  readonly { readonly what: ReplayedEpisode['what']; readonly seed: number; readonly steps: number }[]
> {
  const episodes = await request.episodes(head.id);
  const seeds = findTellingSeeds(episodes);
  if (seeds === null) return [];
  const chosen: readonly ReplayedEpisode['what'][] =
    seeds.worst === seeds.median ? ['median'] : ['median', 'worst'];
  return chosen.flatMap((what) => {
    const steps = episodes.find(({ seed }) => seed === seeds[what])?.kept?.steps;
    return steps === undefined ? [] : [{ what, seed: seeds[what], steps }];
  });
}

/** Counts the steps of replayed episodes, which no budget counts. */
export function countReplayedSteps(replayed: readonly ReplayedEpisode[]): number {
  return replayed.reduce((sum, { trace }) => sum + trace.length, 0);
}

/** Finds the ranges of all coordinates over the replayed episodes. */
export function findSeenRanges(replayed: readonly ReplayedEpisode[]): SeenRanges {
  const ranges = new Map<string, readonly [number, number]>();
  for (const { trace } of replayed)
    for (const [path, [low, high]] of Object.entries(trace.extremes)) {
      const known = ranges.get(path) ?? [low, high];
      ranges.set(path, [Math.min(known[0], low), Math.max(known[1], high)]);
    }
  return ranges;
}

/** Formats what was met and done over the replayed episodes together; `null` where there is none. */
export function formatMet(
  { settings, facts }: AuthorRequest,
  replayed: readonly ReplayedEpisode[],
): string | null {
  const steps = replayed.flatMap(({ trace }) => trace.steps);
  if (steps.length === 0) return null;
  const names = settings.observation ?? [];
  const rows = [
    ...formatQuantileRows(
      steps.map(({ observation }) => observation),
      (path) => nameCoordinate(path, names),
    ),
    ...(facts.actionSpace.n === null
      ? formatQuantileRows(
          steps.map(({ action }) => action),
          (path) => (path === '' ? 'action' : `action ${path}`),
        )
      : []),
  ];
  const lines = [
    ...(rows.length === 0
      ? []
      : ['| coordinate | 5 % | 50 % | 95 % |', '|---|---|---|---|', ...rows.slice(0, MOST_ROWS)]),
    ...(rows.length > MOST_ROWS ? [`${rows.length - MOST_ROWS} more coordinates`] : []),
    ...formatActionShares(steps, facts.actionNames ?? [], facts.actionSpace.start ?? 0),
    ...formatRareLines(replayed),
  ];
  return lines.length === 0 ? null : quote(lines.join('\n'), 4000);
}

/** Formats the timeline of one replayed episode. */
export function formatReplayed(request: AuthorRequest, { what, trace }: ReplayedEpisode): string {
  const ending = trace.terminated ? 'terminated' : 'truncated';
  const names = request.settings.observation ?? [];
  const heading = `Its episode of the ${what} return, which is ${formatNumeral(trace.return, 5)} (${ending} after ${formatQuantity(trace.length, 'step')}; a row has what was observed before its action, and the reward after it)`;
  return `${heading}:\n\n${quote(
    formatTimeline(trace, (path) => nameCoordinate(path, names)),
    8000,
  )}`;
}

/** Says how much was replayed, and that it is in no budget. */
export function formatReplayCost(replayed: readonly ReplayedEpisode[]): string {
  const which = replayed.map(({ what }) => what).join(' and the ');
  return `its episodes of the ${which} return, which were replayed for this: ${formatCount(countReplayedSteps(replayed))} steps, which no budget counts`;
}

/** Returns the name of a coordinate: the user's where there is one, else its place, such as `distance[2]`. */
export function nameCoordinate(path: string, names: readonly string[]): string {
  const flat = /^\d/.test(path) ? `observation/${path}` : path;
  const place = flat.replace(/\/(\d+)(?=\/|$)/g, '[$1]');
  const name = path === '' ? 'observation' : (names[Number(path)] ?? place);
  return quoteInLine(name, 40).replaceAll('|', '/');
}

function formatQuantileRows(
  values: readonly Parameters<typeof listCoordinates>[0][],
  name: (path: string) => string,
): string[] {
  const byPath = new Map<string, number[]>();
  for (const value of values)
    for (const [path, number] of listCoordinates(value)) {
      const known = byPath.get(path);
      if (known === undefined) byPath.set(path, [number]);
      else known.push(number);
    }
  return [...byPath].map(([path, numbers]) => {
    const quantiles = computeQuantiles(numbers, SHARES).map((quantile) => formatNumeral(quantile, 3));
    return `| ${[name(path), ...quantiles].join(' | ')} |`;
  });
}

/** Formats as "actions: 0 left 62 %, 1 right 38 %"; empty where actions are no whole numbers. */
function formatActionShares(steps: KeptTrace['steps'], names: readonly string[], start: number): string[] {
  const counts = new Map<number, number>();
  for (const { action } of steps)
    if (typeof action === 'number' && Number.isInteger(action))
      counts.set(action, (counts.get(action) ?? 0) + 1);
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  if (total < steps.length || total === 0) return [];
  const shares = [...counts]
    .sort(([one], [other]) => one - other)
    .map(([action, count]) => {
      const name = names[action - start];
      return `${action}${name === undefined ? '' : ` ${quoteInLine(name, 40)}`} ${Math.round((100 * count) / total)} %`;
    });
  return [`actions: ${shares.join(', ')}`];
}

/** Names lines that ran in few steps: a rule that is rarely used is worth little, or rarely tried. */
function formatRareLines(replayed: readonly ReplayedEpisode[]): string[] {
  const total = countReplayedSteps(replayed);
  const counts = new Map<number, number>();
  for (const { trace } of replayed)
    for (const [line, steps] of trace.lines) counts.set(line, (counts.get(line) ?? 0) + steps);
  const rare = [...counts]
    .filter(([, steps]) => steps < RARE_SHARE * total)
    .sort(([one], [other]) => one - other);
  if (rare.length === 0) return [];
  const shown = rare.slice(0, RARE_LINES_SHOWN).map(([line, steps]) => `line ${line} in ${steps}`);
  const more = rare.length > RARE_LINES_SHOWN ? ` and ${rare.length - RARE_LINES_SHOWN} more lines` : '';
  return [`lines that ran in few of the ${formatCount(total)} steps: ${shown.join(', ')}${more}`];
}
