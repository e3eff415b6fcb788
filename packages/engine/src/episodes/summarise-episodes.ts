/** What happened in many episodes of one policy, in a few numbers. */
import { computeMean } from '../acceptance/score';
import { computeQuantile } from '../comparison/aggregate';
import type { CandidateEpisode } from './candidate-episode';
import type { EpisodeEnding, KeptEpisode } from './kept-episode';

/** The shares at which quantiles are given: 5, 25, 50, 75 and 95 %. */
export const QUANTILE_SHARES = [0.05, 0.25, 0.5, 0.75, 0.95] as const;

/** Values at `QUANTILE_SHARES`, rising. */
export type Quantiles = readonly number[];

/** Episodes that ended in one way: "terminated, crashed". */
export interface EndingCount {
  readonly ending: EpisodeEnding;
  /** The flags that the last step set, in the order of their letters. */
  readonly flags: readonly string[];
  readonly episodes: number;
  /** The shortest and the longest of them, in steps. */
  readonly steps: { readonly least: number; readonly most: number };
  readonly meanReturn: number;
}

/** The mean sum of a term over the episodes that have it. */
export interface TermMean {
  readonly term: string;
  readonly mean: number;
  readonly episodes: number;
}

/** What happened in a policy's episodes. What is read of kept episodes is empty, or `null`, where none is kept. */
export interface EpisodesSummary {
  readonly episodes: number;
  /** Those of which it is not known how they went: the policy failed, or an earlier version played them. */
  readonly unknown: number;
  readonly returns: Quantiles | null;
  readonly steps: Quantiles | null;
  /** The most frequent first. */
  readonly endings: readonly EndingCount[];
  /** The mean reward in each tenth of an episode. */
  readonly rewardByTenth: readonly number[] | null;
  /** In the order of their letters. */
  readonly terms: readonly TermMean[];
}

/** Summarises episodes of one policy. */
export function summariseEpisodes(episodes: readonly CandidateEpisode[]): EpisodesSummary {
  const known = episodes.flatMap(({ kept, return: value }) =>
    hasCourse(kept) ? [{ ...kept, return: value }] : [],
  );
  const courses = known.map(({ course }) => course);
  return {
    episodes: episodes.length,
    unknown: episodes.length - known.length,
    returns: computeQuantiles(episodes.map((episode) => episode.return)),
    steps: computeQuantiles(known.map(({ steps }) => steps)),
    endings: countEndings(known),
    rewardByTenth:
      courses[0]?.rewardByTenth.map((_, tenth) =>
        computeMean(courses.map(({ rewardByTenth }) => rewardByTenth[tenth] ?? 0)),
      ) ?? null,
    terms: averageTerms(courses.map(({ terms }) => terms)),
  };
}

/** Whether it is known how an episode went. */
function hasCourse(kept: KeptEpisode | null): kept is Required<KeptEpisode> {
  return kept?.course !== undefined && kept.ending !== undefined;
}

function computeQuantiles(values: readonly number[]): Quantiles | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.length === 0 ? null : QUANTILE_SHARES.map((share) => computeQuantile(sorted, share));
}

/** An episode of which it is known how it went. */
type KnownEpisode = Required<KeptEpisode> & Pick<CandidateEpisode, 'return'>;

function countEndings(known: readonly KnownEpisode[]): EndingCount[] {
  const groups = new Map<string, KnownEpisode[]>();
  for (const episode of known) {
    const name = [episode.ending, ...episode.course.flags].join(', ');
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [episode]);
    else group.push(episode);
  }
  const sorted = [...groups].sort(([a, one], [b, two]) => two.length - one.length || (a < b ? -1 : 1));
  return sorted.flatMap(([, group]): EndingCount[] => {
    const [first] = group;
    if (first === undefined) return [];
    const steps = group.map((episode) => episode.steps);
    return [
      {
        ending: first.ending,
        flags: first.course.flags,
        episodes: group.length,
        steps: { least: Math.min(...steps), most: Math.max(...steps) },
        meanReturn: computeMean(group.map((episode) => episode.return)),
      },
    ];
  });
}

function averageTerms(all: readonly Readonly<Record<string, number>>[]): TermMean[] {
  const sums = new Map<string, number[]>();
  for (const terms of all)
    for (const [term, sum] of Object.entries(terms)) sums.set(term, [...(sums.get(term) ?? []), sum]);
  const means = [...sums].map(([term, each]) => ({ term, mean: computeMean(each), episodes: each.length }));
  return means.sort((a, b) => (a.term < b.term ? -1 : 1));
}
