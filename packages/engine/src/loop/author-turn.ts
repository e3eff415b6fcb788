/** The author's turn: generation after generation, until it stalls, has nothing left, or its share is spent. */
import { z } from 'zod';
import { minimalGain } from '../acceptance/minimal-gain';
import { returnBounds } from '../acceptance/return-bounds';
import { affordableEpisodes, budgetLeft, canAskAuthor } from '../budget/budget';
import { cost as costSchema, type CandidateId } from '../events';
import type { Failure, Result } from '@policybook/protocol';
import type { AuthorAnswer } from '../ports';
import { unlessAborted } from './bench';
import type { EventOf } from '../state';
import { challenge, comparisonNeeds, comparisonNeedsAtLeast } from './challenge';
import { champion, provenChampion, textOf, type Context, type Outcome } from './context';
import { enter, type Offer } from './enter';
import { crownFirst, seedsWorth } from './first-champion';
import { race, ranked } from './race';
import { saturated, solved } from './saturation';
import { Stopped } from './stopped';
import { rejectTwins } from './twins';

/** What the run remembers of its author between turns. */
export interface AuthorMemory {
  generation: number;
  exhausted: boolean;
  /** Generations since the champion last changed by one. */
  idle: number;
  /** Failures in a row, of this sitting. */
  failures: number;
}

export const freshAuthor = (): AuthorMemory => ({ generation: 0, exhausted: false, idle: 0, failures: 0 });

/** Part of what a comparison may take at most: others wait for their turn. */
const challengeShare = 0.5;
/** Fruitless generations in a row after which the next kind of proposer is tried. */
const patience = 2;
/** An author's provider is retried by the author; what still fails this often in a row is not passing. */
const mostFailures = 3;

/** Leaves `reserve` episodes to the proposers after it. */
export async function authorTurn(context: Context, memory: AuthorMemory, reserve: number): Promise<Outcome> {
  let gained = false;
  for (let idle = 0; !memory.exhausted && !saturated(context.ledger.state);) {
    const { state } = context.ledger;
    if (idle >= (solved(state) ? 1 : patience)) break;
    const affordable = affordableEpisodes(state) - reserve;
    if (affordable < generationNeeds(context) || !canAskAuthor(state))
      return gained ? 'gained' : 'unaffordable';
    const outcome = await generation(context, memory);
    if (outcome === 'unaffordable') return gained ? 'gained' : outcome;
    gained ||= outcome === 'gained';
    idle = outcome === 'gained' ? 0 : idle + 1;
    memory.idle = outcome === 'gained' ? 0 : memory.idle + 1;
  }
  return gained ? 'gained' : 'nothing';
}

/** Episodes without which nothing could come of another generation. */
function generationNeeds(context: Context): number {
  const { state } = context.ledger;
  const comparing = champion(state) === null ? 0 : comparisonNeedsAtLeast(context);
  return state.settings.racing.seeds + comparing;
}

async function generation(context: Context, memory: AuthorMemory): Promise<Outcome> {
  const generation = memory.generation++;
  context.announce(`asking the author, generation ${generation}`);
  const ask = askOnce(context, generation);
  const { replaying } = context.ledger;
  const [event] = await context.ledger.barrier(1, ['author_answered', 'author_failed'], async () => [
    recorded(generation, context.author.kind, await ask()),
  ]);
  if (event?.type !== 'author_answered') {
    // A failure of an earlier sitting is no reason not to ask again in this one.
    memory.failures = replaying ? 0 : memory.failures + 1;
    if (event !== undefined && memory.failures >= mostFailures) throw new Stopped('failed', event.message);
    return 'nothing';
  }
  memory.failures = 0;
  memory.exhausted = event.exhausted;
  const ids = await enter(context, event.proposals, async () => offersOf(await ask()));
  return compete(context, ids);
}

/**
 * The first generation makes a champion; the best of every other one challenges it. Where the budget carries no
 * comparison, nobody is made what the others must beat: the race alone decides, and claims nothing.
 */
export async function compete(context: Context, ids: readonly CandidateId[]): Promise<Outcome> {
  const { candidates } = context.ledger.state;
  const outset = champion(context.ledger.state) === null;
  if (!outset) return challengeBest(context, ids);
  const baselines = ids.filter((id) => candidates.get(id)?.baseline === true && carriesComparison(context));
  const first = await crownFirst(context, baselines);
  if (first === 'unaffordable') return first;
  if (first === 'nothing') return crownBest(context, untried(context, ids));
  await challengeBest(context, untried(context, ids));
  return 'gained';
}

/** After a first champion and a race of one. */
function carriesComparison(context: Context): boolean {
  const { state } = context.ledger;
  const affordable = affordableEpisodes(state);
  return affordable >= seedsWorth(affordable) + state.settings.racing.seeds + comparisonNeeds(state);
}

function untried(context: Context, ids: readonly CandidateId[]): CandidateId[] {
  const { candidates } = context.ledger.state;
  return ids.filter((id) => candidates.get(id)?.verdict === null);
}

/** Nobody is to be beaten yet: the race alone decides, and the next best takes the place of one that fails. */
async function crownBest(context: Context, ids: readonly CandidateId[]): Promise<Outcome> {
  if (ids.length < 2) return crownFirst(context, ids);
  const survivors = await race(context, ids);
  // Where the budget carries no race, the first that works is better than nobody.
  return crownFirst(context, survivors.length > 0 ? ranked(survivors) : untried(context, ids));
}

async function challengeBest(context: Context, ids: readonly CandidateId[]): Promise<Outcome> {
  const survivors = await race(context, await rejectTwins(context, ids));
  const defender = provenChampion(context.ledger.state);
  const challenger = context.decisions.selection.challenger(survivors);
  if (challenger === null || defender === null) return 'nothing';
  const { state } = context.ledger;
  const margin = minimalGain(state, returnBounds(state));
  const match = { challenger, defender: defender.id, test: 'gain', margin, share: challengeShare } as const;
  return challenge(context, match);
}

/** Asks at most once a sitting, and as the author was asked first: before any of the answer was recorded. */
function askOnce(context: Context, generation: number): () => Promise<Result<AuthorAnswer>> {
  const { state } = context.ledger;
  let answer: Promise<Result<AuthorAnswer>> | null = null;
  return () =>
    (answer ??= unlessAborted(
      context.author.propose({
        generation,
        settings: state.settings,
        facts: state.facts,
        state,
        source: (candidate) => textOf(context, candidate),
        left: budgetLeft(state),
        signal: context.signal,
      }),
      context.signal,
    ));
}

function recorded(
  generation: number,
  author: string,
  answer: Result<AuthorAnswer>,
): EventOf<'author_answered' | 'author_failed'> {
  if (!answer.ok) {
    const { code, message } = answer;
    return { type: 'author_failed', generation, author, code, message, ...spentInVain(answer) };
  }
  const { proposals, findings, exhausted, call, cost } = answer.value;
  return {
    type: 'author_answered',
    generation,
    author,
    proposals: proposals.length,
    findings: [...findings],
    exhausted,
    call,
    cost,
  };
}

/** What a failure's detail says of its call, as far as it says anything. */
function spentInVain(failure: Failure): Pick<EventOf<'author_failed'>, 'call' | 'cost'> {
  const detail = z.object({ call: z.string().nullable().default(null), cost: costSchema.default({}) });
  const parsed = detail.safeParse(failure.detail);
  return parsed.success ? parsed.data : { call: null, cost: {} };
}

function offersOf(answer: Result<AuthorAnswer>): Offer[] {
  if (!answer.ok) throw new Stopped('failed', answer.message);
  return answer.value.proposals.map(({ label, idea, source, baseline = false }) => ({
    kind: 'structural',
    label,
    idea,
    source,
    baseline,
  }));
}
