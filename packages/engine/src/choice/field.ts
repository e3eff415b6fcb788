/**
 * The field: the candidates among which the head is chosen, with what is estimated of each. The head is the best estimate,
 * and the next episodes go where choosing another head would gain most.
 */
import {
  clip,
  findReturnBounds,
  limitReach,
  widenExtremes,
  type ReturnBounds,
} from '../acceptance/return-bounds';
import { computeMean } from '../acceptance/score';
import { computeQuantile } from '../comparison/aggregate';
import { findMinEffect } from '../acceptance/min-effect';
import { findLatestProven } from '../acceptance/proven-champion';
import type { CandidateId } from '../events';
import type { Candidate, RunState } from '../state';
import { findAccepted } from './accepted';
import { pairReturns } from './candidate-pairs';
import { collectReturns, isAlike, listContenders, pickAllowed, type UnrecordedReturns } from './contenders';
import { estimateMeans, type MeanEstimates, type ReturnsBySeed } from './estimate-means';
import { computeExpectedGain } from './expected-gain';

/** One candidate of the field. */
export interface Contender {
  readonly candidate: CandidateId;
  /** All of its episodes, on training seeds and on fresh ones. */
  readonly episodes: number;
  /** Its estimated mean return. */
  readonly mean: number;
  /** Whether it may be head: it is not refused, or nothing else has played. */
  readonly mayLead: boolean;
  /** What knowing its mean exactly would be worth, in return; 0 for the head, and for one that may not lead. */
  readonly gain: number;
}

/** The candidates that might be chosen, and the best of them. */
export interface Field {
  readonly contenders: readonly Contender[];
  readonly head: Contender;
  /** The estimates of their means, in the order of the contenders. */
  readonly estimates: MeanEstimates;
  /** The bounds that returns were clipped to. */
  readonly bounds: ReturnBounds;
}

/** Candidates whose means are estimated together: those with the best observed means, the champion and the head. */
const MAX_CONTENDERS = 32;
/** A candidate leads only after so many episodes, or as many as any other has played. */
export const MIN_HEAD_EPISODES = 16;
/** The lead over the champion from which on another candidate is head, as a part of the minimum effect. */
const LEAST_LEAD_SHARE = 0.1;
/**
 * An event that was not seen in n episodes may still happen in some of n and cost a part of the range of returns: the
 * standard deviation that this adds to a mean of n + 1 episodes, as a part of the range. Without it a candidate that failed twice
 * where success is rare would never be played again.
 */
const UNSEEN_SHARE = 0.5;
/** Two policies that have met on many seeds may differ elsewhere by so many times the range of their differences. */
const UNSEEN_DIFFERENCES = 8;

/**
 * Finds the bounds of returns for the choice of a head: assumed ones reach no farther than a few ranges from the returns of
 * the best observed mean, the head and the champion, so that one that runs away does not hide all other differences.
 */
function findFieldBounds(state: RunState, unrecorded: UnrecordedReturns): ReturnBounds {
  const all = listContenders(state, unrecorded).map((candidate) => {
    const returns = [...collectReturns(state, candidate, unrecorded).values()].sort((a, b) => a - b);
    return { id: candidate.id, returns, median: computeQuantile(returns, 0.5) };
  });
  const best = all.reduce<(typeof all)[number] | null>(
    (leader, each) => (leader === null || each.median > leader.median ? each : leader),
    null,
  );
  const near = all.filter(
    ({ id }) => id === best?.id || id === state.head || id === state.championHistory.at(-1)?.candidate,
  );
  const seen = near.flatMap(({ returns }) => returns);
  const fresh = [...unrecorded.values()].flatMap((returns) => [...returns.values()]);
  const bounds = limitReach(findReturnBounds(state, fresh), widenExtremes(null, seen));
  // Declared bounds that do not hold what was seen are wrong: clipped to them, different policies would be equal.
  return { ...bounds, ...widenExtremes(bounds, seen) };
}

/** Estimates the field, with returns clipped to its bounds; `null` where nothing has played. */
export function estimateField(state: RunState, unrecorded: UnrecordedReturns = new Map()): Field | null {
  const candidates = pickField(state, unrecorded);
  if (candidates.length === 0) return null;
  const bounds = findFieldBounds(state, unrecorded);
  const returns = candidates.map((candidate) => {
    const all = collectReturns(state, candidate, unrecorded);
    return new Map([...all].map(([seed, value]) => [seed, clip(value, bounds)] as const));
  });
  const estimates = estimateMeans(returns);
  const allowed = new Set(pickAllowed(state, candidates));
  const estimated = candidates.map((candidate, place) => ({
    candidate: candidate.id,
    mayLead: allowed.has(candidate),
    episodes: returns[place]?.size ?? 0,
    mean: estimates.means[place] ?? 0,
  }));
  const leading = findLeader(state, estimated, LEAST_LEAD_SHARE * findMinEffect(state, bounds));
  const { mean: leadingMean = 0 } = estimated[leading] ?? {};
  const contenders = estimated.map((each, place): Contender => {
    if (place === leading || !each.mayLead) return { ...each, gain: 0 };
    const unseen = findUnseenRange(returns[place] ?? new Map(), returns[leading] ?? new Map(), bounds);
    const deviation = Math.hypot(
      estimates.computeDeviation(place, leading),
      ...[each, estimated[leading]].map((side) => (UNSEEN_SHARE * unseen) / ((side?.episodes ?? 0) + 1)),
    );
    return { ...each, gain: computeExpectedGain(each.mean - leadingMean, deviation) };
  });
  const head = contenders[leading];
  return head === undefined ? null : { contenders, head, estimates, bounds };
}

/** Finds how far two policies' returns on one seed may be apart where they have not met it. */
function findUnseenRange(
  returns: ReturnsBySeed,
  against: ReturnsBySeed,
  { low, high }: ReturnBounds,
): number {
  const { values, others } = pairReturns(returns, against);
  const differences = values.map((value, index) => value - (others[index] ?? value));
  if (differences.length < MIN_HEAD_EPISODES) return high - low;
  return Math.min(high - low, UNSEEN_DIFFERENCES * (Math.max(...differences) - Math.min(...differences)));
}

/** Finds the place of the best estimate; champion and accepted policy keep their place against a lead that is not worth having. */
function findLeader(
  state: RunState,
  estimated: readonly Omit<Contender, 'gain'>[],
  leastLead: number,
): number {
  const accepted = findAccepted(state);
  // What the user has accepted is judged by no number of episodes, and gives way to none that has played fewer than others had to.
  const counted = estimated.filter(({ mayLead }) => mayLead || accepted !== null);
  const most = Math.max(...counted.map(({ episodes }) => episodes));
  const readMean = (place: number) => {
    const each = estimated[place];
    if (each?.mayLead !== true) return -Infinity;
    const hasPlayedEnough = each.episodes >= Math.min(MIN_HEAD_EPISODES, most);
    return hasPlayedEnough || each.candidate === accepted ? each.mean : -Infinity;
  };
  const best = estimated.reduce(
    (leader, _, place) => (readMean(place) > readMean(leader) ? place : leader),
    0,
  );
  const holders = [state.championHistory.at(-1)?.candidate ?? null, accepted].map((holder) =>
    estimated.findIndex(
      ({ candidate, mayLead }) => mayLead && holder !== null && isAlike(state, candidate, holder),
    ),
  );
  return holders.find((place) => place >= 0 && readMean(best) - readMean(place) < leastLead) ?? best;
}

/** Picks those whose means are estimated; the order is that of the candidates. */
function pickField(state: RunState, unrecorded: UnrecordedReturns): readonly Candidate[] {
  const all = listContenders(state, unrecorded);
  if (all.length <= MAX_CONTENDERS) return all;
  const kept = new Set<CandidateId | undefined>([
    state.head ?? undefined,
    state.championHistory.at(-1)?.candidate,
    findLatestProven(state),
    findAccepted(state) ?? undefined,
  ]);
  const ranked = all
    .map((candidate) => ({
      id: candidate.id,
      mean: computeMean([...collectReturns(state, candidate, unrecorded).values()]),
    }))
    .sort((one, other) => other.mean - one.mean || one.id - other.id);
  for (const { id } of ranked.slice(0, MAX_CONTENDERS)) kept.add(id);
  return all.filter(({ id }) => kept.has(id));
}
