/** What happened in a candidate's episodes, in words for a prompt: aggregates first, single episodes last. */
import { formatNumeral, formatQuantity } from '@policybook/protocol';
import {
  findSeedDifferences,
  summariseEpisodes,
  type CandidateEpisode,
  type CandidateId,
  type EndingCount,
  type EpisodesSummary,
  type SeedDifferences,
} from '@policybook/engine';

/** Episodes that are shown of each kind, at most. */
const EPISODES_SHOWN = 3;
/** Ways of ending that are shown, at most. */
const ENDINGS_SHOWN = 6;
/** Reward terms that are shown, at most. */
const TERMS_SHOWN = 12;
/** Fewer episodes may be alike by chance. */
const FEW_EPISODES = 4;
/** A probability above this, or below 1 less this, is written as a limit: "above 99 %". */
const NEARLY_SURE = 0.995;

/** Says where all episodes came out alike, which is one episode seen many times. */
function formatSame(episodes: readonly CandidateEpisode[]): string {
  const returns = new Set(episodes.map((episode) => episode.return));
  const lengths = new Set(episodes.map(({ kept }) => kept?.steps));
  if (episodes.length < FEW_EPISODES || returns.size > 1 || lengths.size > 1) return '';
  return ': all are the same, so that the environment may ignore its seed';
}

/** Summarises the episodes of a candidate, a line each; empty for no episodes. `threshold` is the return that counts as solved, or `null`. */
export function formatSummary(episodes: readonly CandidateEpisode[], threshold: number | null): string[] {
  const summary = summariseEpisodes(episodes);
  if (summary.returns === null) return [];
  const known = summary.episodes - summary.unknown;
  return [
    `returns of ${formatQuantity(summary.episodes, 'episode')} at 5, 25, 50, 75 and 95 %: ${formatNumbers(summary.returns)}${formatSame(episodes)}`,
    ...(threshold === null ? [] : [formatSolved(episodes, threshold)]),
    ...(summary.steps === null
      ? []
      : [`lengths in steps at 5, 25, 50, 75 and 95 %: ${formatNumbers(summary.steps)}`]),
    ...summary.endings.slice(0, ENDINGS_SHOWN).map((ending) => formatEnding(ending, known)),
    ...(summary.endings.length > ENDINGS_SHOWN
      ? [`${formatQuantity(summary.endings.length - ENDINGS_SHOWN, 'more way')} of ending`]
      : []),
    ...(summary.rewardByTenth === null
      ? []
      : [`mean reward in each tenth of an episode: ${formatNumbers(summary.rewardByTenth)}`]),
    ...formatTerms(summary, known),
    ...(summary.unknown === 0
      ? []
      : [`of ${formatQuantity(summary.unknown, 'episode')} it is not known how they went`]),
  ];
}

/** Formats as "62 % reach the return of 200 that counts as solved (8 of 13)". */
function formatSolved(episodes: readonly CandidateEpisode[], threshold: number): string {
  const solved = episodes.filter((episode) => episode.return >= threshold).length;
  return `${formatPercent(solved, episodes.length)} reach the return of ${formatNumber(threshold)} that counts as solved (${solved} of ${episodes.length})`;
}

/** Formats as "71 % were truncated after 1,600 steps, mean return 12.3 (85 of 120)". */
function formatEnding({ ending, flags, episodes, steps, meanReturn }: EndingCount, known: number): string {
  const lengths = steps.least === steps.most ? `${steps.least}` : `${steps.least} to ${steps.most}`;
  const set = flags.length === 0 ? '' : ` with ${flags.join(', ')}`;
  return `${formatPercent(episodes, known)} were ${ending}${set} after ${lengths} steps, mean return ${formatNumber(meanReturn)} (${episodes} of ${known})`;
}

function formatTerms({ terms }: EpisodesSummary, known: number): string[] {
  if (terms.length === 0) return [];
  const shown = terms
    .slice(0, TERMS_SHOWN)
    .map(
      ({ term, mean, episodes }) =>
        `${term} ${formatNumber(mean)}${episodes < known ? ` (in ${formatQuantity(episodes, 'episode')})` : ''}`,
    );
  return [`sums over an episode by term, mean: ${shown.join(', ')}`];
}

/** Formats as "12 %"; what is nearly sure is written as a limit. */
export function formatProbability(probability: number): string {
  if (probability > NEARLY_SURE) return 'above 99 %';
  if (probability < 1 - NEARLY_SURE) return 'below 1 %';
  return `${Math.round(100 * probability)} %`;
}

/** A candidate's episodes, and those of the parent that it was made of. */
export interface ParentEpisodes {
  readonly parent: CandidateId;
  readonly before: readonly CandidateEpisode[];
  readonly after: readonly CandidateEpisode[];
}

/**
 * Says on which common seeds a candidate succeeds where its parent failed, and the reverse, with a few of these episodes; where
 * it is not known what success is, on how many it does better and worse. Empty for no common seeds.
 */
export function formatFlips({ parent, before, after }: ParentEpisodes, threshold: number | null): string[] {
  const differences = findSeedDifferences(before, after, threshold);
  if (differences.pairs.length === 0) return [];
  const { gained, lost, heading } = describeFlips(differences, parent, threshold);
  const describe = (seeds: readonly number[]) =>
    seeds
      .slice(0, EPISODES_SHOWN)
      .map((seed) => `${formatEpisode(before, seed)} became ${formatEpisode(after, seed)}`);
  return [
    heading,
    ...describe(gained).map((text) => `  gained: ${text}`),
    ...describe(lost).map((text) => `  lost: ${text}`),
  ];
}

/** The seeds on which a candidate gains and loses, the greatest difference first, and the sentence that counts them. */
interface Flips {
  readonly gained: readonly number[];
  readonly lost: readonly number[];
  readonly heading: string;
}

function describeFlips(differences: SeedDifferences, parent: CandidateId, threshold: number | null): Flips {
  const { pairs, successBy, gained, lost } = differences;
  const seeds = formatQuantity(pairs.length, 'common seed');
  if (successBy !== null) {
    const what =
      successBy === 'threshold'
        ? `a return of at least ${formatNumber(threshold ?? 0)}`
        : "the environment's flag of success";
    const heading = `of ${seeds} with its parent @${parent} it succeeds on ${gained.length} where @${parent} failed, and fails on ${lost.length} where @${parent} succeeded (success is ${what})`;
    return { gained, lost, heading };
  }
  const worse = pairs.filter(({ difference }) => difference < 0).map(({ seed }) => seed);
  const better = pairs.filter(({ difference }) => difference > 0).map(({ seed }) => seed);
  const heading = `of ${seeds} with its parent @${parent} it does better on ${better.length} and worse on ${worse.length}`;
  return { gained: better.reverse(), lost: worse, heading };
}

/** Formats an episode, as "-100 (terminated with crashed after 57 steps)". */
function formatEpisode(episodes: readonly CandidateEpisode[], seed: number): string {
  const episode = episodes.find((each) => each.seed === seed);
  if (episode === undefined) return 'an unknown episode';
  const { kept } = episode;
  const { ending, course, steps } = kept ?? {};
  const flags = course === undefined || course.flags.length === 0 ? '' : ` with ${course.flags.join(', ')}`;
  const how = ending === undefined || steps === undefined ? '' : ` (${ending}${flags} after ${steps} steps)`;
  return `${formatNumber(episode.return)}${how}`;
}

function formatPercent(part: number, whole: number): string {
  return `${Math.round((100 * part) / whole)} %`;
}

function formatNumbers(values: readonly number[]): string {
  return values.map(formatNumber).join(', ');
}

function formatNumber(value: number): string {
  return formatNumeral(value, 4);
}
