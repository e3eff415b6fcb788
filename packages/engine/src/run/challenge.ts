/** The comparison of one challenger with the champion, on seeds drawn for this challenger alone, in growing blocks. */
import { addUsage, type PolicyFailure, type ResourceUsage } from '@policybook/protocol';
import { bettingTest } from '../acceptance/betting-test';
import { countNextPairs, type SequentialTest, type TestQuestion } from '../acceptance/sequential-test';
import { computeNextLevel } from '../acceptance/level';
import { countOutside, findNearbyBounds } from '../acceptance/return-bounds';
import { computeMean } from '../acceptance/score';
import { countAffordableEpisodes, readBudgetLeft } from '../budget/budget';
import { collectFreshPairs, type CandidatePairs } from '../choice/candidate-pairs';
import { scoreReturns } from '../choice/score-all-episodes';
import type { CandidateId } from '../events';
import { isAccepted } from '../fold';
import { deriveSeeds } from '../seeds';
import { requireCandidate, type EventOf, type RunState } from '../state';
import { raiseAlarms } from './raise-alarms';
import { findChampion, requireText, type RunContext, type StageOutcome } from './context';
import { createRejection } from './admit';
import { listPairedPositions, pickValues, playPaired } from '../session/paired-episodes';
import { createStepsSpent } from '../session/stopped';

/** Which candidate is compared with which, and what is to be shown. */
export interface ChallengePlan {
  readonly challenger: CandidateId;
  /** See `findProvenChampion`. */
  readonly champion: CandidateId;
  readonly test: 'gain' | 'noninferiority';
  /** The minimum effect, as in `TestQuestion`. */
  readonly minEffect: number;
  /** The most pairs that it may take now; see `countSharePairs`. */
  readonly mostPairs: number;
}

/**
 * On 12 pairs even a challenger that gains half of the range of returns on every seed would be undecided. A small budget
 * gives one comparison all that one may take, rather than too little to each of two.
 */
const MIN_PAIRS = 16;
/** The pairs of a comparison where episodes are unlimited. */
const MAX_PAIRS = 1000;

/**
 * Counts the pairs that a comparison may take while more is to come: a part of the declared share of the episodes left, and
 * 16 where that is more and still within the declared share.
 */
export function countSharePairs(state: RunState, share: number): number {
  const declared = (state.settings.acceptance.budgetShare * countAffordableEpisodes(state)) / 2;
  return Math.floor(Math.min(MAX_PAIRS, declared, Math.max(MIN_PAIRS, share * declared)));
}

/** Counts the pairs of a comparison after which nothing is to come but `kept` episodes. */
export function countAllPairs(state: RunState, kept: number): number {
  return Math.max(0, Math.floor(Math.min(MAX_PAIRS, (countAffordableEpisodes(state) - kept) / 2)));
}

/** Counts the episodes that must be left for a comparison that needs no extraordinary gain. */
export function countComparisonEpisodes(state: RunState): number {
  return Math.ceil((2 * MIN_PAIRS) / state.settings.acceptance.budgetShare);
}

/** What a comparison of two candidates asks, and the pairs of earlier ones that it goes on from. */
export interface OpenQuestion {
  readonly question: TestQuestion;
  readonly earlier: CandidatePairs;
}

/** Creates the question of a comparison; one that was left undecided is asked as it was, and its pairs still count. */
export function openQuestion(
  state: RunState,
  { challenger, champion, test, minEffect, mostPairs }: ChallengePlan,
): OpenQuestion {
  const { undecided } = requireCandidate(state, challenger);
  if (undecided?.champion === champion && undecided.test === test) {
    const earlier = collectFreshPairs(state, challenger, champion);
    const { bounds, alpha } = undecided;
    const question = { test, bounds, minEffect: undecided.minEffect, alpha };
    return { question: { ...question, mostPairs: earlier.values.length + mostPairs }, earlier };
  }
  const bounds = findNearbyBounds(state, [challenger, champion]);
  const question = { test, bounds, minEffect, alpha: computeNextLevel(state), mostPairs };
  return { question, earlier: { values: [], others: [] } };
}

/** Whether a variant that plays like the champion could be accepted: if not, it need not be proposed. */
export function isWithinReach(
  { log: { state } }: RunContext,
  { test, minEffect, mostPairs }: Omit<ChallengePlan, 'challenger' | 'champion'>,
): boolean {
  const bounds = findNearbyBounds(state);
  return bettingTest.isWithinReach({ test, bounds, minEffect, alpha: computeNextLevel(state), mostPairs }, 0);
}

/** Compares and, where the challenger is accepted, promotes it. */
export async function challenge(context: RunContext, plan: ChallengePlan): Promise<StageOutcome> {
  const open = openQuestion(context.log.state, plan);
  if (open.question.mostPairs <= open.earlier.values.length) return 'over_budget';
  if (isSettledBy(open)) return 'no_change';
  context.announce(`comparing @${plan.challenger} with @${plan.champion}`);
  const [event] = await context.log.recordOrReplay(
    1,
    ['challenger_compared', 'candidate_rejected'],
    async () => [await playComparison(context, plan, open)],
  );
  if (event?.type !== 'challenger_compared') return 'no_change';
  const isPromoted = isAccepted(event);
  if (isPromoted) await promoteChampion(context, plan.challenger, event.challengerScore);
  await raiseAlarms(context, event);
  return isPromoted ? 'improved' : 'no_change';
}

/** Whether the pairs of earlier comparisons leave nothing to be played: more of them would not decide. */
function isSettledBy({ question, earlier }: OpenQuestion): boolean {
  const comparison = bettingTest.begin(question);
  comparison.add(earlier.values, earlier.others);
  return comparison.isSettled;
}

/** Promotes the candidate, with the score by which it is known from now on. */
export async function promoteChampion(
  context: RunContext,
  candidate: CandidateId,
  score: EventOf<'champion_promoted'>['score'],
): Promise<void> {
  const { state } = context.log;
  const previous = findChampion(state)?.id ?? null;
  const { kind } = requireCandidate(state, candidate);
  await context.log.recordOrReplay(1, ['champion_promoted'], () =>
    Promise.resolve([{ type: 'champion_promoted', candidate, previous, kind, score }]),
  );
}

interface Side {
  readonly returns: number[];
  readonly actions: string[];
}

interface ChallengeTally {
  /** The number of seeds that were drawn so far; those at which the sides have parted for good are no pairs. */
  drawn: number;
  readonly seeds: number[];
  readonly challenger: Side;
  readonly champion: Side;
  usage: ResourceUsage;
}

/** A comparison under way. */
interface OpenChallenge {
  readonly plan: ChallengePlan;
  readonly question: TestQuestion;
  readonly comparison: SequentialTest;
  readonly tally: ChallengeTally;
  /** The pairs of earlier comparisons, which the test has seen. */
  readonly earlier: CandidatePairs;
}

async function playComparison(
  context: RunContext,
  plan: ChallengePlan,
  { question, earlier }: OpenQuestion,
): Promise<EventOf<'challenger_compared' | 'candidate_rejected'>> {
  const { state } = context.log;
  const { hash, drawn } = requireCandidate(state, plan.challenger);
  const comparison = bettingTest.begin(question);
  comparison.add(earlier.values, earlier.others);
  const createSide = (): Side => ({ returns: [], actions: [] });
  const tally: ChallengeTally = {
    drawn: 0,
    seeds: [],
    challenger: createSide(),
    champion: createSide(),
    usage: {},
  };
  const open = { plan, question, comparison, tally, earlier };
  const mostPairs = question.mostPairs - earlier.values.length;
  while (!comparison.isSettled && tally.drawn < mostPairs) {
    const done = tally.drawn;
    const count = countNextPairs(done, mostPairs);
    // What the challenger has played of its stream, against this champion or an earlier one, is not played again.
    const seeds = deriveSeeds(state.settings.seed, ['selection', hash], count, drawn + done);
    const failure = await playBlock(context, open, seeds);
    if (failure !== null) return createRejection(plan.challenger, { code: 'failed', failure }, tally.usage);
    if (tally.drawn < done + count) break;
  }
  if (tally.seeds.length === 0) throw createStepsSpent();
  return concludeComparison(state, open);
}

/** Adds as many pairs to the tally as the budget of steps allows; returns the challenger's failure, if it has failed. */
async function playBlock(
  context: RunContext,
  { plan, question: { bounds }, comparison, tally }: OpenChallenge,
  seeds: readonly number[],
): Promise<PolicyFailure | null> {
  const left = readBudgetLeft(context.log.state).steps;
  const steps = left === null ? null : Math.floor((left - (tally.usage.steps ?? 0)) / 2);
  const { environment } = context.log.state.settings;
  const { runner } = context;
  const tested = requireText(context, plan.challenger);
  const tester = requireText(context, plan.champion);
  const [challenger, champion] = await playPaired<number>(
    [
      (played, most) => runner.play(tested, played, { steps: most }),
      // A failed episode of the champion's is the worst one; it does not end the comparison.
      (played, most) => runner.playThrough(tester, played, bounds.low, { steps: most }),
    ],
    seeds,
    { environment, steps },
  );
  if (challenger === undefined || champion === undefined) throw new Error('a comparison has two sides');
  tally.usage = addUsage(tally.usage, addUsage(challenger.usage, champion.usage));
  if (challenger.failure !== null) return challenger.failure;
  tally.drawn += Math.min(challenger.seeds.length, champion.seeds.length);
  const pairs = listPairedPositions([challenger.seeds, champion.seeds], environment);
  comparison.add(pickValues(challenger.returns, pairs), pickValues(champion.returns, pairs));
  tally.seeds.push(...pickValues(challenger.seeds, pairs));
  for (const [side, played] of [
    [tally.challenger, challenger],
    [tally.champion, champion],
  ] as const) {
    side.returns.push(...pickValues(played.returns, pairs));
    side.actions.push(...pickValues(played.actions, pairs));
  }
  return null;
}

function concludeComparison(
  state: RunState,
  { plan, question, comparison, tally, earlier }: OpenChallenge,
): EventOf<'challenger_compared'> {
  const score = (id: CandidateId, returns: readonly number[]) =>
    scoreReturns(state, requireCandidate(state, id), [
      ...requireCandidate(state, id).fresh.values(),
      ...returns,
    ]);
  const { bounds, alpha, minEffect } = question;
  const { seeds, challenger, champion, usage } = tally;
  const { verdict, difference } = comparison.conclude();
  const clipped = countOutside([...challenger.returns, ...champion.returns], bounds);
  // Evidence is that of clipped returns: it promotes nothing whose returns as they are say the opposite.
  const gain =
    computeMean([...earlier.values, ...challenger.returns]) -
    computeMean([...earlier.others, ...champion.returns]);
  const isContradicted = clipped > 0 && gain <= (plan.test === 'gain' ? 0 : -minEffect);
  return {
    type: 'challenger_compared',
    challenger: plan.challenger,
    champion: plan.champion,
    test: plan.test,
    verdict: isContradicted && isAccepted({ test: plan.test, verdict }) ? 'undecided' : verdict,
    alpha,
    minEffect,
    difference,
    challengerScore: score(plan.challenger, challenger.returns),
    championScore: score(plan.champion, champion.returns),
    bounds: { ...bounds, ...(clipped > 0 && { clipped }) },
    ...(earlier.values.length > 0 && { earlier: earlier.values.length }),
    ...(tally.drawn > seeds.length && { drawn: tally.drawn }),
    pairs: {
      seeds,
      challenger: challenger.returns,
      champion: champion.returns,
      challengerActions: challenger.actions.join(''),
      championActions: champion.actions.join(''),
    },
    usage,
  };
}
