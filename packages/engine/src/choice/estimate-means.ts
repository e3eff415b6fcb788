/**
 * What the mean returns of policies are, by all episodes that each has played: best linear unbiased prediction (Henderson;
 * Robinson, "That BLUP is a good thing"). A return is the policy's mean, what its seed gives to every policy, and noise of
 * the policy's own:
 *
 *     y = mean + luck + noise,    mean ~ N(m, τ²),    luck ~ N(0, σ_s²),    noise ~ N(0, σ_i²)
 *
 * So common seeds are worth as much as returns depend on them, from not at all to completely; policies that have never
 * met on a seed are compared through those that both have met; and means are shrunken to that of the field, the fewer
 * episodes the more, as the best of many has been lucky. All parameters are estimated from the returns.
 */
import { invertPositive } from './invert-positive';

/** The returns of one policy by their seeds; none of them is infinite. */
export type ReturnsBySeed = ReadonlyMap<number, number>;

/** The estimated means of a field of policies. */
export interface MeanEstimates {
  /** One mean a policy, in their order. */
  readonly means: readonly number[];
  /** Computes the standard deviation of the difference of two of the means. */
  computeDeviation(one: number, other: number): number;
}

/** Episodes that the variance of the whole field counts as, beside those that a policy has played. */
const FIELD_EPISODES = 6;
/** The greatest part of a policy's variance that its seeds may explain. */
const MAX_SEED_SHARE = 0.98;
/** The least variance of the means, as a part of the variance of the observed ones. */
const MIN_MEANS_SHARE = 0.05;

/** Estimates the means of policies that have each played at least one episode. */
export function estimateMeans(field: readonly ReturnsBySeed[]): MeanEstimates {
  const seeds = groupBySeed(field);
  const observed = field.map((returns) => computeMean([...returns.values()]));
  const { noise, luck } = estimateVariances(field, observed, seeds);
  const spread = estimateSpread(field, observed, noise, luck);
  const center = computeMean(observed);
  const size = field.length;
  const precision = new Float64Array(size * size);
  const evidence = new Float64Array(size).fill(center / spread);
  for (let i = 0; i < size; i++) precision[i * size + i] = 1 / spread;
  for (const episodes of seeds) addSeed(episodes, noise, luck, { precision, evidence, size });
  const covariance = invertPositive(precision, size);
  const at = (row: number, column: number) => covariance[row * size + column] ?? 0;
  return {
    means: field.map((_, row) => evidence.reduce((sum, value, column) => sum + at(row, column) * value, 0)),
    computeDeviation: (one, other) =>
      Math.sqrt(Math.max(0, at(one, one) + at(other, other) - 2 * at(one, other))),
  };
}

/** One policy's return on a seed. */
interface Episode {
  readonly policy: number;
  readonly value: number;
}

function groupBySeed(field: readonly ReturnsBySeed[]): readonly (readonly Episode[])[] {
  const seeds = new Map<number, Episode[]>();
  field.forEach((returns, policy) => {
    for (const [seed, value] of returns) {
      const episodes = seeds.get(seed);
      if (episodes === undefined) seeds.set(seed, [{ policy, value }]);
      else episodes.push({ policy, value });
    }
  });
  return [...seeds.values()];
}

/** The estimated variances of an episode: of its policy's own noise, one a policy, and of what its seed gives to all. */
interface EpisodeVariances {
  readonly noise: readonly number[];
  readonly luck: number;
}

function estimateVariances(
  field: readonly ReturnsBySeed[],
  observed: readonly number[],
  seeds: readonly (readonly Episode[])[],
): EpisodeVariances {
  const squares = field.map((returns, policy) =>
    [...returns.values()].reduce((sum, value) => sum + (value - (observed[policy] ?? 0)) ** 2, 0),
  );
  const degrees = field.map((returns) => returns.size - 1);
  const pooled = computeSum(squares) / Math.max(1, computeSum(degrees));
  // Where nothing varies, anything positive does: it only keeps the precisions finite.
  const least = 1e-12 * (1 + Math.max(...observed.map((mean) => mean * mean)));
  const own = squares.map((sum, policy) =>
    Math.max(least, (sum + FIELD_EPISODES * pooled) / ((degrees[policy] ?? 0) + FIELD_EPISODES)),
  );
  const luck = Math.min(estimateCovariance(observed, seeds), MAX_SEED_SHARE * Math.min(...own));
  return { noise: own.map((variance) => Math.max(variance - luck, (1 - MAX_SEED_SHARE) * variance)), luck };
}

/** Estimates the covariance of two policies' returns on a seed, over all pairs that have met on one. */
function estimateCovariance(observed: readonly number[], seeds: readonly (readonly Episode[])[]): number {
  const size = observed.length;
  const met = new Float64Array(size * size);
  let products = 0;
  for (const episodes of seeds) {
    for (const [index, one] of episodes.entries()) {
      for (const other of episodes.slice(index + 1)) {
        products += (one.value - (observed[one.policy] ?? 0)) * (other.value - (observed[other.policy] ?? 0));
        const pair = one.policy * size + other.policy;
        met[pair] = (met[pair] ?? 0) + 1;
      }
    }
  }
  const degrees = met.reduce((sum, count) => sum + Math.max(0, count - 1), 0);
  return Math.max(0, products / Math.max(1, degrees));
}

/** Estimates the variance of the true means: that of the observed ones, without what episodes add to it. */
function estimateSpread(
  field: readonly ReturnsBySeed[],
  observed: readonly number[],
  noise: readonly number[],
  luck: number,
): number {
  const center = computeMean(observed);
  const variance = computeMean(observed.map((mean) => (mean - center) ** 2));
  const sampling = computeMean(
    field.map(({ size }, policy) => ((noise[policy] ?? 0) + luck) / Math.max(1, size)),
  );
  return Math.max(variance - sampling, MIN_MEANS_SHARE * variance, 1e-9 * (1 + center * center));
}

/** The normal equations of the means. */
interface MeanEquations {
  /** A square matrix of `size` rows, row by row. */
  readonly precision: Float64Array;
  readonly evidence: Float64Array;
  readonly size: number;
}

/** Adds what one seed says of the policies that have played it, with the seed's own luck integrated out. */
function addSeed(
  episodes: readonly Episode[],
  noise: readonly number[],
  luck: number,
  { precision, evidence, size }: MeanEquations,
): void {
  const weights = episodes.map(({ policy }) => 1 / (noise[policy] ?? 1));
  const total = luck > 0 ? 1 / luck + computeSum(weights) : Infinity;
  const common = episodes.reduce((sum, { value }, index) => sum + (weights[index] ?? 0) * value, 0) / total;
  episodes.forEach(({ policy, value }, index) => {
    const weight = weights[index] ?? 0;
    evidence[policy] = (evidence[policy] ?? 0) + weight * (value - common);
    const row = policy * size;
    precision[row + policy] = (precision[row + policy] ?? 0) + weight;
    episodes.forEach((other, place) => {
      const shared = (weight * (weights[place] ?? 0)) / total;
      precision[row + other.policy] = (precision[row + other.policy] ?? 0) - shared;
    });
  });
}

function computeSum(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function computeMean(values: readonly number[]): number {
  return computeSum(values) / values.length;
}
