/** One challenger against one defender on seeds drawn for this challenger alone, in growing blocks. */
import type { Comparison, Question } from '../acceptance/acceptance';
import { countOutside, returnBounds, type ReturnBounds } from '../acceptance/return-bounds';
import { scoreOf } from '../acceptance/score';
import { affordableEpisodes } from '../budget/budget';
import type { CandidateId, Cost } from '../events';
import { seedsFor } from '../seeds';
import type { RunState } from '../state';
import { addCosts } from './bench';
import { candidateOf, champion, textOf, type Context, type Outcome } from './context';
import { rejection } from './enter';
import type { EventOf } from './ledger';
import { playThrough } from './play-through';

export interface Match {
  readonly challenger: CandidateId;
  readonly defender: CandidateId;
  readonly test: 'gain' | 'noninferiority';
  /** See `Question.margin`. */
  readonly margin: number;
  /** Part of the episodes left that it may take. */
  readonly share: number;
}

const firstBlock = 16;
const growth = 1.5;
/** Too few to decide anything but the coarsest difference. */
const fewestPairs = 8;
/** Where episodes are unlimited. */
const mostPairsEver = 1000;

/** Pairs that a comparison may take now; too few where the budget ends. */
function mostPairs(state: RunState, share: number): number {
  const affordable = affordableEpisodes(state);
  const pairs = Math.min(mostPairsEver, Math.floor((share * affordable) / 2));
  return Math.min(Math.floor(affordable / 2), Math.max(fewestPairs, pairs));
}

function question(
  context: Context,
  { test, margin, share }: Omit<Match, 'challenger' | 'defender'>,
): Question {
  const { state } = context.ledger;
  const alpha = 1 - state.settings.acceptance.confidence;
  return { test, bounds: returnBounds(state), margin, alpha, mostPairs: mostPairs(state, share) };
}

/** Whether a challenger that plays like its defender could win: if not, there is no use in proposing it. */
export function withinReach(context: Context, match: Omit<Match, 'challenger' | 'defender'>): boolean {
  return context.decisions.acceptance.withinReach(question(context, match));
}

/** Compares and, where the challenger is accepted, crowns it. */
export async function challenge(context: Context, match: Match): Promise<Outcome> {
  const asked = question(context, match);
  if (asked.mostPairs < fewestPairs) return 'unaffordable';
  context.announce(`comparing @${match.challenger} with @${match.defender}`);
  const [event] = await context.ledger.barrier(1, ['challenger_compared', 'candidate_rejected'], async () => [
    await compare(context, match, asked),
  ]);
  if (event?.type !== 'challenger_compared' || !takesTitle(event)) return 'nothing';
  await crown(context, match.challenger, event.challengerScore);
  return 'gained';
}

/** What the verdicts mean for the title; `equivalent` is enough for a smaller text. */
function takesTitle({ test, verdict }: EventOf<'challenger_compared'>): boolean {
  return verdict === 'better' || (test === 'noninferiority' && verdict === 'equivalent');
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

interface Tally {
  readonly seeds: number[];
  readonly challenger: number[];
  readonly champion: number[];
  cost: Cost;
}

async function compare(
  context: Context,
  match: Match,
  asked: Question,
): Promise<EventOf<'challenger_compared' | 'candidate_rejected'>> {
  const { state } = context.ledger;
  const { seed, acceptance } = state.settings;
  const { hash } = candidateOf(state, match.challenger);
  const { bounds } = asked;
  const comparison = context.decisions.acceptance.begin(asked);
  const tally: Tally = { seeds: [], challenger: [], champion: [], cost: {} };
  for (let block = firstBlock; !comparison.settled && tally.seeds.length < asked.mostPairs;) {
    const done = tally.seeds.length;
    const seeds = seedsFor(seed, ['selection', hash], Math.min(block, asked.mostPairs - done), done);
    const [challenger, defender] = await Promise.all([
      context.bench.play(textOf(context, match.challenger), seeds),
      // A defender's failed episode is the worst one; it does not end the comparison.
      playThrough(context.bench, textOf(context, match.defender), seeds, bounds.low),
    ]);
    tally.cost = addCosts(tally.cost, addCosts(challenger.cost, defender.cost));
    if (challenger.failure !== null) {
      return rejection(match.challenger, { code: 'failed', failure: challenger.failure }, tally.cost);
    }
    comparison.add(challenger.returns, defender.returns);
    tally.seeds.push(...seeds);
    tally.challenger.push(...challenger.returns);
    tally.champion.push(...defender.returns);
    block = Math.ceil(tally.seeds.length * (growth - 1));
  }
  return concluded(match, comparison, tally, bounds, acceptance.confidence);
}

function concluded(
  match: Match,
  comparison: Comparison,
  { cost, ...pairs }: Tally,
  bounds: ReturnBounds,
  confidence: number,
): EventOf<'challenger_compared'> {
  const { verdict, difference } = comparison.conclude();
  const clipped = countOutside([...pairs.challenger, ...pairs.champion], bounds);
  return {
    type: 'challenger_compared',
    challenger: match.challenger,
    champion: match.defender,
    test: match.test,
    verdict,
    difference,
    challengerScore: scoreOf(pairs.challenger, bounds, confidence),
    championScore: scoreOf(pairs.champion, bounds, confidence),
    bounds: { ...bounds, ...(clipped > 0 && { clipped }) },
    pairs,
    cost,
  };
}
