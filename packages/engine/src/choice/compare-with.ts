/** How all candidates compare with one of them, by what the episodes say so far. */
import { summarise } from '../acceptance/score';
import type { CandidateId } from '../events';
import type { RunState } from '../state';
import { collectPairs } from './candidate-pairs';
import { computeNormalProbability } from './expected-gain';
import { estimateField } from './field';

/** How the returns of two candidates differ on the seeds that both have played. */
export interface MeasuredDifference {
  /** The seeds that both have played. */
  readonly pairs: number;
  /** The mean difference of their returns on these seeds; `null` where there are none. */
  readonly difference: number | null;
  /** The standard error of that; `null` for fewer than two seeds. */
  readonly standardError: number | null;
}

/** What the episodes say of the difference of a candidate to another. */
export interface CandidateComparison extends MeasuredDifference {
  readonly candidate: CandidateId;
  /** Its mean as estimated with all other candidates, less that of the other. */
  readonly estimate: number;
  /** The probability that its mean return is higher, by these estimates: all episodes of all candidates count in them. */
  readonly probabilityBetter: number;
}

/**
 * Compares all candidates that might be chosen with one of them, the best estimate first. Empty where that one is not among
 * them; see `estimate-means.ts`.
 */
export function compareWith(state: RunState, other: CandidateId): readonly CandidateComparison[] {
  const field = estimateField(state);
  const place = field?.contenders.findIndex(({ candidate }) => candidate === other) ?? -1;
  const against = field?.contenders[place];
  if (field === null || against === undefined) return [];
  const comparisons = field.contenders.map(({ candidate, mean }, index): CandidateComparison => {
    const estimate = mean - against.mean;
    return {
      candidate,
      ...measureDifference(state, candidate, other),
      estimate,
      probabilityBetter: computeProbability(estimate, field.estimates.computeDeviation(index, place)),
    };
  });
  return comparisons
    .filter(({ candidate }) => candidate !== other)
    .sort((a, b) => b.estimate - a.estimate || a.candidate - b.candidate);
}

/** Measures by how much the returns of a candidate are above those of another. */
export function measureDifference(state: RunState, one: CandidateId, other: CandidateId): MeasuredDifference {
  const { values, others } = collectPairs(state, one, other);
  return measurePairs(values, others);
}

/** Measures by how much returns are above others, seed by seed. */
export function measurePairs(values: readonly number[], others: readonly number[]): MeasuredDifference {
  const differences = values.map((value, pair) => value - (others[pair] ?? value));
  const { mean, deviation } = summarise(differences, 0, 0);
  const pairs = values.length;
  return {
    pairs,
    difference: pairs === 0 ? null : mean,
    standardError: pairs < 2 ? null : deviation / Math.sqrt(pairs),
  };
}

function computeProbability(difference: number, deviation: number): number {
  if (deviation > 0) return computeNormalProbability(difference / deviation);
  return difference === 0 ? 0.5 : Number(difference > 0);
}
