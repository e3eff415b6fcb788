/**
 * What a comparison comes to, from what was played so far. Two uncertainties are kept apart: that of episodes, by betting
 * on seeds (`acceptance/betting.ts`), which holds wherever it stops; and that of replicates, by the bootstrap.
 */
import { findReturnBounds, limitReach, widenExtremes, type ReturnBounds } from '../acceptance/return-bounds';
import { computeMean, scorePairs, computeScore } from '../acceptance/score';
import {
  computeInterquartileMean,
  computeImprovementProbability,
  computeQuantile,
  computeSharesAbove,
} from './aggregate';
import { bootstrapInterval, bootstrapIntervals } from './bootstrap';
import { createRandomStream } from './random-stream';
import type { Conclusion, Estimate } from './events';
import type { Score } from '../events';
import type { RunState } from '../state';
import { listPairedPositions, pickValues } from '../session/paired-episodes';
import type { ComparisonSettings } from './settings';
import { countCommonEpisodes, type ComparisonState } from './state';

/** The number of thresholds that a profile has. */
const PROFILE_THRESHOLDS = 61;
/** The share of returns below its first threshold, because rare crashes would squeeze the rest. */
const LOWEST_QUANTILE = 0.01;

/** A contestant's replicates, each with its returns on the common seeds. */
interface Side {
  readonly name: string;
  readonly replicates: readonly (readonly number[])[];
  /** The seeds of each replicate's episodes. */
  readonly seeds: readonly (readonly number[])[];
  /** The mean of the replicates on each seed. */
  readonly perSeed: readonly number[];
  readonly failed: number;
}

/**
 * Concludes from what was played so far; `null` before every policy has played a block, and where every episode failed:
 * the bounds of returns would have to be invented.
 */
export function conclude(state: ComparisonState): Conclusion | null {
  const episodes = countCommonEpisodes(state);
  const { confidence, contestants } = state.settings;
  const observed = findExtremes(state, episodes);
  if (observed === null) return null;
  const bounds = findReturnBounds({ settings: state.settings, observed });
  const sides = contestants.map(({ name }) => createSide(state, name, episodes, bounds.low));
  return {
    episodes,
    bounds,
    contestants: sides.map((side) => ({
      name: side.name,
      replicates: side.replicates.length,
      score: computeScore(side.perSeed, limitTo(bounds, [side]), confidence),
      iqm: side.replicates.length < 2 ? null : estimateIqm(side, confidence),
      failed: side.failed,
    })),
    policies: state.policies.map(({ contestant, replicate, returns }) => ({
      contestant,
      replicate,
      score: scorePolicy(imputeFailures(returns.slice(0, episodes), bounds.low), bounds, confidence),
    })),
    pairs: sides.flatMap((first, index) =>
      sides.slice(index + 1).map((second) => comparePair(first, second, bounds, state.settings)),
    ),
    profile: describeProfile(sides, confidence),
  };
}

/** Limits assumed bounds to the neighbourhood of those that are spoken of: a third that runs away widens no interval of theirs. */
function limitTo(bounds: ReturnBounds, sides: readonly Side[]): ReturnBounds {
  const own = sides.flatMap(({ replicates }) => replicates.flat());
  return limitReach(bounds, widenExtremes(null, own));
}

function scorePolicy(returns: readonly number[], bounds: ReturnBounds, confidence: number): Score {
  return computeScore(returns, limitReach(bounds, widenExtremes(null, returns)), confidence);
}

/** Finds the least and the greatest return of whole episodes; `null` where every one failed. */
function findExtremes({ policies }: ComparisonState, episodes: number): RunState['observed'] {
  const whole = policies.flatMap(({ returns }) =>
    returns.slice(0, episodes).filter((value) => value !== null),
  );
  return widenExtremes(null, whole);
}

function createSide(state: ComparisonState, name: string, episodes: number, worst: number): Side {
  const own = state.policies.filter(({ contestant }) => contestant === name);
  const returns = own.map((policy) => policy.returns.slice(0, episodes));
  const replicates = returns.map((values) => imputeFailures(values, worst));
  const perSeed = Array.from({ length: episodes }, (_, seed) =>
    computeMean(replicates.map((values) => values[seed] ?? worst)),
  );
  const failed = returns.flat().filter((value) => value === null).length;
  const seeds = own.map((policy) => policy.seeds.slice(0, episodes));
  return { name, replicates, seeds, perSeed, failed };
}

/** Replaces failed episodes by the lower bound. */
function imputeFailures(returns: readonly (number | null)[], worst: number): number[] {
  return returns.map((value) => value ?? worst);
}

function estimateIqm({ name, replicates }: Side, confidence: number): Estimate {
  const means = replicates.map(computeMean);
  const random = createRandomStream('interquartile mean', name);
  const interval = bootstrapInterval(
    [means],
    ([drawn = []]) => computeInterquartileMean(drawn),
    confidence,
    random,
  );
  return { value: computeInterquartileMean(means), ...interval };
}

function comparePair(
  first: Side,
  second: Side,
  bounds: ReturnBounds,
  { confidence, environment }: ComparisonSettings,
): Conclusion['pairs'][number] {
  const paired = listPairedPositions([...first.seeds, ...second.seeds], environment);
  // Where faults of the environment have left no seed that both have played, the episodes are compared as they are.
  const positions = paired.length > 0 ? paired : [...first.perSeed.keys()];
  const wins = positions.map((seed) =>
    computeImprovementProbability(
      first.replicates.map((values) => values[seed] ?? bounds.low),
      second.replicates.map((values) => values[seed] ?? bounds.low),
    ),
  );
  const { mean, low, high } = computeScore(wins, { low: 0, high: 1, assumed: false }, confidence);
  return {
    first: first.name,
    second: second.name,
    difference: scorePairs(
      pickValues(first.perSeed, positions),
      pickValues(second.perSeed, positions),
      limitTo(bounds, [first, second]),
      confidence,
    ),
    wins: { value: mean, low, high },
    improvement:
      first.replicates.length < 2 && second.replicates.length < 2
        ? null
        : estimateImprovement(first, second, confidence),
  };
}

/** Estimates how probable it is that first is above second; the replicates of both sides are resampled. */
function estimateImprovement(first: Side, second: Side, confidence: number): Estimate {
  const [left, right] = [first.replicates.map(computeMean), second.replicates.map(computeMean)];
  // Who beats whom is settled once: a resample only counts.
  const wins = left.map((x) => right.map((y) => (x > y ? 1 : x === y ? 0.5 : 0)));
  const countWins = ([rows = [], columns = []]: readonly (readonly number[])[]): number => {
    let sum = 0;
    for (const row of rows) for (const column of columns) sum += wins[row]?.[column] ?? 0;
    return sum / (rows.length * columns.length);
  };
  const strata = [left, right].map((side) => side.map((_, index) => index));
  const random = createRandomStream('improvement', first.name, second.name);
  const interval = bootstrapInterval(strata, countWins, confidence, random);
  return { value: computeImprovementProbability(left, right), ...interval };
}

function describeProfile(sides: readonly Side[], confidence: number): Conclusion['profile'] {
  const all = sides.flatMap(({ replicates }) => replicates.flat()).sort((a, b) => a - b);
  const [low, high] = [computeQuantile(all, LOWEST_QUANTILE), all.at(-1) ?? 0];
  const thresholds = Array.from(
    { length: PROFILE_THRESHOLDS },
    (_, i) => low + ((high - low) * i) / (PROFILE_THRESHOLDS - 1),
  );
  return {
    thresholds,
    contestants: sides.map((side) => ({ name: side.name, ...describeBand(side, thresholds, confidence) })),
  };
}

/**
 * Describes the band of a side: over replicates by the bootstrap, each threshold for itself; of a single policy by the
 * inequality of Dvoretzky, Kiefer and Wolfowitz with Massart's constant, all thresholds together.
 */
function describeBand({ name, replicates }: Side, thresholds: readonly number[], confidence: number) {
  const profiles = replicates.map((values) => computeSharesAbove(values, thresholds));
  const above = thresholds.map((_, place) => computeMean(profiles.map((profile) => profile[place] ?? 0)));
  if (profiles.length > 1) {
    const computeShares = ([drawn = []]: readonly (readonly (readonly number[])[])[]): number[] => {
      const sums = new Array<number>(thresholds.length).fill(0);
      for (const profile of drawn)
        for (let place = 0; place < sums.length; place++)
          sums[place] = (sums[place] ?? 0) + (profile[place] ?? 0) / drawn.length;
      return sums;
    };
    const band = bootstrapIntervals(
      [profiles],
      computeShares,
      confidence,
      createRandomStream('profile', name),
    );
    return { above, low: band.map(({ low }) => low), high: band.map(({ high }) => high) };
  }
  const episodes = replicates[0]?.length ?? 1;
  const reach = Math.sqrt(Math.log(2 / (1 - confidence)) / (2 * episodes));
  return {
    above,
    low: above.map((share) => Math.max(0, share - reach)),
    high: above.map((share) => Math.min(1, share + reach)),
  };
}
