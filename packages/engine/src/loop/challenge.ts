/** One challenger against one defender on seeds drawn for this challenger alone, in growing blocks. */
import { nextBlock, type Comparison, type Question } from '../acceptance/acceptance';
import { nextLevel } from '../acceptance/level';
import { countOutside, returnBounds } from '../acceptance/return-bounds';
import { meanOf, scoreOf } from '../acceptance/score';
import { affordableEpisodes, budgetLeft } from '../budget/budget';
import type { PolicyFailure } from '@policybook/protocol';
import type { CandidateId, Cost } from '../events';
import { takesTitle } from '../fold';
import { seedsFor } from '../seeds';
import type { EventOf, RunState } from '../state';
import { raiseAlarms } from './alarm';
import { addCosts } from './bench';
import { candidateOf, champion, textOf, type Context, type Outcome } from './context';
import { rejection } from './enter';
import { playThrough } from './play-through';
import { Stopped } from './stopped';

export interface Match {
  readonly challenger: CandidateId;
  readonly defender: CandidateId;
  readonly test: 'gain' | 'noninferiority';
  /** See `Question.margin`. */
  readonly margin: number;
  /** Part of what one comparison may take at most. */
  readonly share: number;
}

/**
 * On 12 pairs even a challenger that gains half of the range of returns on every seed would be undecided. A small budget
 * gives one comparison all that one may take rather than two too little.
 */
const fewestPairs = 16;
/** Where episodes are unlimited. */
const mostPairsEver = 1000;

/** Pairs that a comparison may take now: never more than the declared share; too few where the budget ends. */
function mostPairs(state: RunState, share: number): number {
  const declared = (state.settings.acceptance.budgetShare * affordableEpisodes(state)) / 2;
  return Math.floor(Math.min(mostPairsEver, declared, Math.max(fewestPairs, share * declared)));
}

/** Episodes that must be left for a comparison that needs no extraordinary gain. */
export function comparisonNeeds(state: RunState): number {
  return Math.ceil((2 * fewestPairs) / state.settings.acceptance.budgetShare);
}

/** Episodes that must be left for any comparison: with fewer not even the greatest of gains would show. */
export function comparisonNeedsAtLeast(context: Context): number {
  const { state } = context.ledger;
  const bounds = returnBounds(state);
  const asked = { test: 'gain', bounds, margin: 0, alpha: nextLevel(state) } as const;
  const decides = (pairs: number) =>
    context.decisions.acceptance.withinReach({ ...asked, mostPairs: pairs }, bounds.high - bounds.low);
  let pairs = 1;
  while (pairs < fewestPairs && !decides(pairs)) pairs++;
  return Math.ceil((2 * pairs) / state.settings.acceptance.budgetShare);
}

function question(
  context: Context,
  { test, margin, share }: Omit<Match, 'challenger' | 'defender'>,
): Question {
  const { state } = context.ledger;
  const bounds = returnBounds(state);
  return { test, bounds, margin, alpha: nextLevel(state), mostPairs: mostPairs(state, share) };
}

/** Whether a challenger that plays like its defender could win: if not, there is no use in proposing it. */
export function withinReach(context: Context, match: Omit<Match, 'challenger' | 'defender'>): boolean {
  return context.decisions.acceptance.withinReach(question(context, match), 0);
}

/** What the challenger gained in training, which is rather too much than too little; `null` where it has not trained. */
function trainingGain({ state }: Context['ledger'], { test, challenger, defender }: Match): number | null {
  if (test === 'noninferiority') return 0;
  const training = [...candidateOf(state, challenger).training.values()];
  const { score } = candidateOf(state, defender);
  return training.length === 0 || score === null ? null : meanOf(training) - score.mean;
}

/** What keeps a short comparison from being played: no gain to be shown, or one that so few pairs cannot show. */
function obstacle(context: Context, match: Match, asked: Question): Exclude<Outcome, 'gained'> | null {
  if (asked.mostPairs >= fewestPairs) return null;
  const gain = trainingGain(context.ledger, match);
  if (gain === null) return 'unaffordable';
  if (gain <= 0 && match.test === 'gain') return 'nothing';
  return context.decisions.acceptance.withinReach(asked, gain) ? null : 'unaffordable';
}

/** Compares and, where the challenger is accepted, crowns it. What could not be decided costs nothing. */
export async function challenge(context: Context, match: Match): Promise<Outcome> {
  const asked = question(context, match);
  const hindered = obstacle(context, match, asked);
  if (hindered !== null) return hindered;
  context.announce(`comparing @${match.challenger} with @${match.defender}`);
  const [event] = await context.ledger.barrier(1, ['challenger_compared', 'candidate_rejected'], async () => [
    await compare(context, match, asked),
  ]);
  if (event?.type !== 'challenger_compared') return 'nothing';
  const won = takesTitle(event);
  if (won) await crown(context, match.challenger, event.challengerScore);
  await raiseAlarms(context, event);
  return won ? 'gained' : 'nothing';
}

export async function crown(
  context: Context,
  candidate: CandidateId,
  score: EventOf<'champion_changed'>['score'],
): Promise<void> {
  const { state } = context.ledger;
  const previous = champion(state)?.id ?? null;
  const { kind } = candidateOf(state, candidate);
  await context.ledger.barrier(1, ['champion_changed'], () =>
    Promise.resolve([{ type: 'champion_changed', candidate, previous, kind, score }]),
  );
}

interface Side {
  readonly returns: number[];
  readonly actions: string[];
}

interface Tally {
  readonly seeds: number[];
  readonly challenger: Side;
  readonly champion: Side;
  cost: Cost;
}

async function compare(
  context: Context,
  match: Match,
  asked: Question,
): Promise<EventOf<'challenger_compared' | 'candidate_rejected'>> {
  const { state } = context.ledger;
  const { hash } = candidateOf(state, match.challenger);
  const comparison = context.decisions.acceptance.begin(asked);
  const nobody = (): Side => ({ returns: [], actions: [] });
  const tally: Tally = { seeds: [], challenger: nobody(), champion: nobody(), cost: {} };
  while (!comparison.settled && tally.seeds.length < asked.mostPairs) {
    const done = tally.seeds.length;
    const count = nextBlock(done, asked.mostPairs);
    const seeds = seedsFor(state.settings.seed, ['selection', hash], count, done);
    const failure = await playBlock(context, match, asked, seeds, comparison, tally);
    if (failure !== null) return rejection(match.challenger, { code: 'failed', failure }, tally.cost);
    if (tally.seeds.length < done + count) break;
  }
  if (tally.seeds.length === 0) throw new Stopped('budget', 'the budget of steps is spent');
  return concluded(match, asked, comparison, tally, state.settings.acceptance.confidence);
}

/** Adds to the tally as many pairs as the budget of steps allows; the challenger's failure, if it has failed. */
async function playBlock(
  context: Context,
  match: Match,
  { bounds }: Question,
  seeds: readonly number[],
  comparison: Comparison,
  tally: Tally,
): Promise<PolicyFailure | null> {
  const left = budgetLeft(context.ledger.state).steps;
  const steps = left === null ? null : Math.floor((left - (tally.cost.steps ?? 0)) / 2);
  const [challenger, defender] = await Promise.all([
    context.bench.play(textOf(context, match.challenger), seeds, { steps }),
    // A defender's failed episode is the worst one; it does not end the comparison.
    playThrough(context.bench, textOf(context, match.defender), seeds, bounds.low, { steps }),
  ]);
  tally.cost = addCosts(tally.cost, addCosts(challenger.cost, defender.cost));
  if (challenger.failure !== null) return challenger.failure;
  const pairs = Math.min(challenger.returns.length, defender.returns.length);
  comparison.add(challenger.returns.slice(0, pairs), defender.returns.slice(0, pairs));
  tally.seeds.push(...seeds.slice(0, pairs));
  for (const [side, played] of [
    [tally.challenger, challenger],
    [tally.champion, defender],
  ] as const) {
    side.returns.push(...played.returns.slice(0, pairs));
    side.actions.push(...played.actions.slice(0, pairs));
  }
  return null;
}

function concluded(
  match: Match,
  { bounds, alpha, margin }: Question,
  comparison: Comparison,
  { seeds, challenger, champion, cost }: Tally,
  confidence: number,
): EventOf<'challenger_compared'> {
  const { verdict, difference } = comparison.conclude();
  const clipped = countOutside([...challenger.returns, ...champion.returns], bounds);
  return {
    type: 'challenger_compared',
    challenger: match.challenger,
    champion: match.defender,
    test: match.test,
    verdict,
    alpha,
    margin,
    difference,
    challengerScore: scoreOf(challenger.returns, bounds, confidence),
    championScore: scoreOf(champion.returns, bounds, confidence),
    bounds: { ...bounds, ...(clipped > 0 && { clipped }) },
    pairs: {
      seeds,
      challenger: challenger.returns,
      champion: champion.returns,
      challengerActions: challenger.actions.join(''),
      championActions: champion.actions.join(''),
    },
    cost,
  };
}
