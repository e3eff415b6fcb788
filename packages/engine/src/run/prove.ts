/** Proofs: the head is compared with the champion on fresh seeds, where that can show that it is better. */
import { forecastPairs } from '../acceptance/forecast-pairs';
import { findMinEffect } from '../acceptance/min-effect';
import { findNearbyBounds } from '../acceptance/return-bounds';
import { collectPairs } from '../choice/candidate-pairs';
import { isAlike } from '../choice/contenders';
import { estimateField } from '../choice/field';
import { isRefused } from '../choice/golden';
import type { CandidateId } from '../events';
import type { RunState } from '../state';
import { challenge, countSharePairs, openQuestion, type ChallengePlan } from './challenge';
import { findHead, findProvenChampion, type RunContext, type StageOutcome } from './context';
import { chooseHead } from './race';

/** The part of what one comparison may take that a proof takes while the search goes on. */
const SEARCH_PROOF_SHARE = 0.25;
/** The pairs up to which a forecast is made for people. */
const MAX_FORECAST_PAIRS = 20_000;

/** Compares the head with the champion where it is forecast that this takes little of what the search has left. */
export function proveInPassing(context: RunContext): Promise<StageOutcome> {
  return prove(context, countSharePairs(context.log.state, SEARCH_PROOF_SHARE));
}

/**
 * Compares the head with the champion on at most so many pairs, where it is forecast that `hopedPairs` show the gain, `over_budget`
 * where they do not. What the fresh seeds say may make another candidate head.
 */
export async function prove(
  context: RunContext,
  mostPairs: number,
  hopedPairs = mostPairs,
): Promise<StageOutcome> {
  const proof = forecastProof(context.log.state, hopedPairs);
  if (proof === null) return 'no_change';
  if (proof.morePairs === null) return 'over_budget';
  const outcome = await challenge(context, { ...proof.plan, mostPairs });
  await chooseHead(context);
  return outcome;
}

/** How far the head leads the champion without having been shown to, and what showing it would take. */
export interface UnprovenLead {
  readonly head: CandidateId;
  readonly champion: CandidateId;
  /** The episodes that a proof is forecast to take in addition; `null` where none is in sight. */
  readonly episodes: number | null;
}

/** Finds the lead of a head that is not champion; `null` where the champion is head. */
export function findUnprovenLead(state: RunState): UnprovenLead | null {
  const proof = forecastProof(state, MAX_FORECAST_PAIRS);
  if (proof === null) return null;
  const { plan, morePairs } = proof;
  return {
    head: plan.challenger,
    champion: plan.champion,
    episodes: morePairs === null ? null : 2 * morePairs,
  };
}

function planProof(state: RunState, mostPairs: number): ChallengePlan | null {
  const [head, champion] = [findHead(state), findProvenChampion(state)];
  if (head === null || champion === null || head.id === champion.id || isChampionByOtherText(state, head.id))
    return null;
  // It is head only because nothing holds all golden cases.
  if (isRefused(state, head)) return null;
  const minEffect = findMinEffect(state, findNearbyBounds(state));
  return { challenger: head.id, champion: champion.id, test: 'gain', minEffect, mostPairs };
}

/** Whether the candidate is the champion, or acts like it by a smaller text. */
function isChampionByOtherText(state: RunState, id: CandidateId): boolean {
  const champions = [state.championHistory.at(-1)?.candidate, findProvenChampion(state)?.id];
  return champions.some((champion) => champion !== undefined && isAlike(state, id, champion));
}

/** A comparison that would show the head's lead. */
interface ProofForecast {
  readonly plan: ChallengePlan;
  /** The pairs that it takes in addition to those played, by the estimated gain; `null` where `mostPairs` would not show it. */
  readonly morePairs: number | null;
}

/** Forecasts the proof of the head; `null` where the champion is head. */
function forecastProof(state: RunState, mostPairs: number): ProofForecast | null {
  const plan = planProof(state, mostPairs);
  if (plan === null) return null;
  const { contenders = [] } = estimateField(state) ?? {};
  const find = (id: CandidateId | undefined) =>
    contenders.find(({ candidate }) => id !== undefined && isAlike(state, candidate, id));
  const head = find(plan.challenger);
  // A smaller text that was shown to be as good stands for the champion before it.
  const champion = find(plan.champion) ?? find(state.championHistory.at(-1)?.candidate);
  if (head === undefined || champion === undefined) return { plan, morePairs: null };
  const { question, earlier } = openQuestion(state, plan);
  const known = collectPairs(state, plan.challenger, plan.champion);
  const pairs = forecastPairs(question, known, head.mean - champion.mean);
  const more = pairs === null ? 0 : pairs - earlier.values.length;
  return { plan, morePairs: more > 0 ? more : null };
}
