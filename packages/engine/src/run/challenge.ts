/** The comparison of one challenger with the champion, on seeds drawn for this challenger alone, in growing blocks. */
import { addUsage, type PolicyFailure, type ResourceUsage } from '@policybook/protocol';
import { bettingTest } from '../acceptance/betting-test';
import { countNextPairs, type SequentialTest, type TestQuestion } from '../acceptance/sequential-test';
import { computeNextLevel } from '../acceptance/level';
import { countOutside, findNearbyBounds } from '../acceptance/return-bounds';
import { computeMean, computeScore } from '../acceptance/score';
import { countAffordableEpisodes, readBudgetLeft } from '../budget/budget';
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
  /** The part of what one comparison may take at most. */
  readonly budgetShare: number;
}

/**
 * On 12 pairs even a challenger that gains half of the range of returns on every seed would be undecided. A small budget
 * gives one comparison all that one may take, rather than too little to each of two.
 */
const MIN_PAIRS = 16;
/** The pairs of a comparison where episodes are unlimited. */
const MAX_PAIRS = 1000;

/** Counts the pairs that a comparison may take now: never more than the declared share; too few where the budget ends. */
function countAffordablePairs(state: RunState, share: number): number {
  const declared = (state.settings.acceptance.budgetShare * countAffordableEpisodes(state)) / 2;
  return Math.floor(Math.min(MAX_PAIRS, declared, Math.max(MIN_PAIRS, share * declared)));
}

/** Counts the episodes that must be left for a comparison that needs no extraordinary gain. */
export function countComparisonEpisodes(state: RunState): number {
  return Math.ceil((2 * MIN_PAIRS) / state.settings.acceptance.budgetShare);
}

/** Counts the episodes that must be left for any comparison: with fewer not even the greatest of gains would show. */
export function countLeastComparisonEpisodes(context: RunContext): number {
  const { state } = context.log;
  const bounds = findNearbyBounds(state);
  const question = { test: 'gain', bounds, minEffect: 0, alpha: computeNextLevel(state) } as const;
  const canDecide = (pairs: number) =>
    bettingTest.isWithinReach({ ...question, mostPairs: pairs }, bounds.high - bounds.low);
  let pairs = 1;
  while (pairs < MIN_PAIRS && !canDecide(pairs)) pairs++;
  return Math.ceil((2 * pairs) / state.settings.acceptance.budgetShare);
}

function createQuestion(
  context: RunContext,
  { test, minEffect, budgetShare }: Omit<ChallengePlan, 'challenger' | 'champion'>,
  compared: readonly CandidateId[] = [],
): TestQuestion {
  const { state } = context.log;
  const bounds = findNearbyBounds(state, compared);
  return {
    test,
    bounds,
    minEffect,
    alpha: computeNextLevel(state),
    mostPairs: countAffordablePairs(state, budgetShare),
  };
}

/** Whether a challenger that plays like the champion could be accepted: if not, it need not be proposed. */
export function isWithinReach(
  context: RunContext,
  plan: Omit<ChallengePlan, 'challenger' | 'champion'>,
): boolean {
  return bettingTest.isWithinReach(createQuestion(context, plan), 0);
}

/** Estimates the gain from training, rather too high than too low; `null` where the challenger has not trained. */
function estimateTrainingGain(
  { state }: RunContext['log'],
  { test, challenger, champion }: ChallengePlan,
): number | null {
  if (test === 'noninferiority') return 0;
  const training = [...requireCandidate(state, challenger).training.values()];
  const { score } = requireCandidate(state, champion);
  return training.length === 0 || score === null ? null : computeMean(training) - score.mean;
}

/** Finds what keeps a short comparison from being played: no gain to be shown, or one that so few pairs cannot show. */
function findObstacle(
  context: RunContext,
  plan: ChallengePlan,
  question: TestQuestion,
): Exclude<StageOutcome, 'improved'> | null {
  if (question.mostPairs >= MIN_PAIRS) return null;
  const gain = estimateTrainingGain(context.log, plan);
  if (gain === null) return 'over_budget';
  if (gain <= 0 && plan.test === 'gain') return 'no_change';
  return bettingTest.isWithinReach(question, gain) ? null : 'over_budget';
}

/** Compares and, where the challenger is accepted, promotes it. A comparison that could decide nothing is not played. */
export async function challenge(context: RunContext, plan: ChallengePlan): Promise<StageOutcome> {
  const question = createQuestion(context, plan, [plan.challenger, plan.champion]);
  const obstacle = findObstacle(context, plan, question);
  if (obstacle !== null) return obstacle;
  context.announce(`comparing @${plan.challenger} with @${plan.champion}`);
  const [event] = await context.log.recordOrReplay(
    1,
    ['challenger_compared', 'candidate_rejected'],
    async () => [await playComparison(context, plan, question)],
  );
  if (event?.type !== 'challenger_compared') return 'no_change';
  const isPromoted = isAccepted(event);
  if (isPromoted) await promoteChampion(context, plan.challenger, event.challengerScore);
  await raiseAlarms(context, event);
  return isPromoted ? 'improved' : 'no_change';
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
}

async function playComparison(
  context: RunContext,
  plan: ChallengePlan,
  question: TestQuestion,
): Promise<EventOf<'challenger_compared' | 'candidate_rejected'>> {
  const { state } = context.log;
  const { hash } = requireCandidate(state, plan.challenger);
  const comparison = bettingTest.begin(question);
  const createSide = (): Side => ({ returns: [], actions: [] });
  const tally: ChallengeTally = {
    drawn: 0,
    seeds: [],
    challenger: createSide(),
    champion: createSide(),
    usage: {},
  };
  const open = { plan, question, comparison, tally };
  while (!comparison.isSettled && tally.drawn < question.mostPairs) {
    const done = tally.drawn;
    const count = countNextPairs(done, question.mostPairs);
    const seeds = deriveSeeds(state.settings.seed, ['selection', hash], count, done);
    const failure = await playBlock(context, open, seeds);
    if (failure !== null) return createRejection(plan.challenger, { code: 'failed', failure }, tally.usage);
    if (tally.drawn < done + count) break;
  }
  if (tally.seeds.length === 0) throw createStepsSpent();
  return concludeComparison(open, state.settings.acceptance.confidence);
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
  { plan, question, comparison, tally }: OpenChallenge,
  confidence: number,
): EventOf<'challenger_compared'> {
  const { bounds, alpha, minEffect } = question;
  const { seeds, challenger, champion, usage } = tally;
  const { verdict, difference } = comparison.conclude();
  const clipped = countOutside([...challenger.returns, ...champion.returns], bounds);
  // Evidence is that of clipped returns: it promotes nothing whose returns as they are say the opposite.
  const gain = computeMean(challenger.returns) - computeMean(champion.returns);
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
    challengerScore: computeScore(challenger.returns, bounds, confidence),
    championScore: computeScore(champion.returns, bounds, confidence),
    bounds: { ...bounds, ...(clipped > 0 && { clipped }) },
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
