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
import { computeMean } from '../acceptance/score';
import { invertPositive } from './invert-positive';

/** The returns of one policy by their seeds; none of them is infinite. */
export type ReturnsBySeed = ReadonlyMap<number, number>;

/** The estimated means of a field of policies. */
export interface MeanEstimates {
  /** One mean a policy, in their order. */
  readonly means: readonly number[];
  /** Computes the standard deviation of the difference of two of the means. */
  readonly computeDeviation: (one: number, other: number) => number;
}

/** Episodes that the variance of the whole field counts as, beside those that a policy has played. */
const FIELD_EPISODES = 6;
/** Common seeds from which on the differences of two policies say how much of their variance is the seeds'. */
const MIN_COMMON_SEEDS = 8;
/** From this part of a policy's variance on, what seeds leave of it is taken from differences. */
const MOSTLY_SEEDS_SHARE = 0.9;
/** The least variance of the means, as a part of the variance of the observed ones. */
const MIN_MEANS_SHARE = 0.05;

/** Estimates the means of policies that have each played at least one episode. */
export function estimateMeans(field: readonly ReturnsBySeed[]): MeanEstimates {
  const seeds = groupBySeed(field);
  const observed = field.map((returns) => computeMean([...returns.values()]));
  const meetings = countMeetings(observed, seeds);
  const variances = estimateVariances(field, observed, meetings);
  const spread = estimateSpread(field, observed, meetings, variances);
  const center = computeMean(observed);
  const size = field.length;
  const precision = new Float64Array(size * size);
  // Everything is counted from the center, so that large returns with small differences keep their digits.
  const evidence = new Float64Array(size);
  for (let i = 0; i < size; i++) precision[i * size + i] = 1 / spread;
  for (const episodes of seeds) addSeed(episodes, variances, { precision, evidence, size, center });
  const covariance = invertPositive(precision, size);
  const at = (row: number, column: number) => covariance[row * size + column] ?? 0;
  return {
    means: field.map((_, row) =>
      evidence.reduce((sum, value, column) => sum + at(row, column) * value, center),
    ),
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

/** What two policies have returned on the seeds that both have played, counted from their own means. */
interface Meeting {
  readonly one: number;
  readonly other: number;
  /** The number of common seeds. */
  seeds: number;
  products: number;
  differences: number;
  squares: number;
}

/** Counts the meetings of every pair of policies. */
function countMeetings(
  observed: readonly number[],
  seeds: readonly (readonly Episode[])[],
): readonly Meeting[] {
  const size = observed.length;
  const meetings = Array.from({ length: size * size }, (_, index): Meeting => {
    const [one, other] = [Math.floor(index / size), index % size];
    return { one, other, seeds: 0, products: 0, differences: 0, squares: 0 };
  });
  const residual = ({ policy, value }: Episode) => value - (observed[policy] ?? 0);
  for (const episodes of seeds) {
    for (const [index, one] of episodes.entries()) {
      for (const other of episodes.slice(index + 1)) {
        const meeting = meetings[one.policy * size + other.policy];
        if (meeting === undefined) continue;
        const difference = residual(one) - residual(other);
        meeting.seeds += 1;
        meeting.products += residual(one) * residual(other);
        meeting.differences += difference;
        meeting.squares += difference * difference;
      }
    }
  }
  return meetings.filter(({ one, other }) => one < other);
}

/** The estimated variances of an episode: of its policy's own noise, one a policy, and of what its seed gives to all. */
interface EpisodeVariances {
  readonly noise: readonly number[];
  readonly luck: number;
}

function estimateVariances(
  field: readonly ReturnsBySeed[],
  observed: readonly number[],
  meetings: readonly Meeting[],
): EpisodeVariances {
  const squares = field.map((returns, policy) =>
    [...returns.values()].reduce((sum, value) => sum + (value - (observed[policy] ?? 0)) ** 2, 0),
  );
  const degrees = field.map((returns) => returns.size - 1);
  const pooled = computeSum(squares) / Math.max(1, computeSum(degrees));
  // Where nothing varies, anything positive does: it only keeps the precisions finite.
  const least = 1e-12 * (1 + Math.max(...observed.map((mean) => mean * mean)));
  const whole = squares.map((sum, policy) =>
    Math.max(least, (sum + FIELD_EPISODES * pooled) / ((degrees[policy] ?? 0) + FIELD_EPISODES)),
  );
  const covariance =
    computeSum(meetings.map(({ products }) => products)) /
    Math.max(1, computeSum(meetings.map(({ seeds }) => Math.max(0, seeds - 1))));
  const luck = Math.min(Math.max(0, covariance), ...whole);
  return {
    noise: whole.map((variance, policy) => {
      const left = Math.max(least, variance - luck);
      if (luck < MOSTLY_SEEDS_SHARE * variance) return left;
      // What seeds leave would be a difference of two large numbers.
      const ofDifferences = findLeastDifferences(meetings, policy);
      if (!Number.isFinite(ofDifferences)) return left;
      return Math.max(least, Math.min(ofDifferences, Math.max(left, ofDifferences / 2)));
    }),
    luck,
  };
}

/**
 * Finds the variance of a policy's differences from the one that is most like it; infinite where it has met none on enough
 * seeds. Its own noise is at most that, and no less than half of it if the other's is no less than its own.
 */
function findLeastDifferences(meetings: readonly Meeting[], policy: number): number {
  return Math.min(
    ...meetings
      .filter(({ one, other, seeds }) => (one === policy || other === policy) && seeds >= MIN_COMMON_SEEDS)
      .map(
        ({ seeds, differences, squares }) => (squares - (differences * differences) / seeds) / (seeds - 1),
      ),
  );
}

/**
 * Estimates the variance of the true means: over all pairs, half of the squared difference of their observed means, without
 * what episodes add to it. The luck of common seeds adds nothing.
 */
function estimateSpread(
  field: readonly ReturnsBySeed[],
  observed: readonly number[],
  meetings: readonly Meeting[],
  { noise, luck }: EpisodeVariances,
): number {
  const center = computeMean(observed);
  const variance = computeMean(observed.map((mean) => (mean - center) ** 2));
  const halves = meetings.map(({ one, other, seeds }) => {
    const [a, b] = [one, other].map((policy) => Math.max(1, field[policy]?.size ?? 0));
    if (a === undefined || b === undefined) return 0;
    const sampling =
      (noise[one] ?? 0) / a + (noise[other] ?? 0) / b + luck * (1 / a + 1 / b - (2 * seeds) / (a * b));
    return (((observed[one] ?? 0) - (observed[other] ?? 0)) ** 2 - sampling) / 2;
  });
  const spread = halves.length === 0 ? 0 : computeMean(halves);
  return Math.max(spread, MIN_MEANS_SHARE * variance, 1e-9 * (1 + center * center));
}

/** The normal equations of the means. */
interface MeanEquations {
  /** A square matrix of `size` rows, row by row. */
  readonly precision: Float64Array;
  readonly evidence: Float64Array;
  readonly size: number;
  /** What is taken off every return. */
  readonly center: number;
}

/** Adds what one seed says of the policies that have played it, with the seed's own luck integrated out. */
function addSeed(
  episodes: readonly Episode[],
  { noise, luck }: EpisodeVariances,
  { precision, evidence, size, center }: MeanEquations,
): void {
  const weights = episodes.map(({ policy }) => 1 / (noise[policy] ?? 1));
  const total = luck > 0 ? 1 / luck + computeSum(weights) : Infinity;
  const common =
    episodes.reduce((sum, { value }, index) => sum + (weights[index] ?? 0) * (value - center), 0) / total;
  episodes.forEach(({ policy, value }, index) => {
    const weight = weights[index] ?? 0;
    evidence[policy] = (evidence[policy] ?? 0) + weight * (value - center - common);
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
