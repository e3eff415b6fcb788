/**
 * Races: candidates play common training seeds, the same ones in the same order, and after each round the next episodes go
 * where choosing another head would gain most.
 */
import { formatQuantity } from '@policybook/protocol';
import { findMinEffect } from '../acceptance/min-effect';
import { countAffordableEpisodes, readBudgetLeft } from '../budget/budget';
import { findAccepted } from '../choice/accepted';
import { collectPairs, scoreDifference } from '../choice/candidate-pairs';
import type { UnrecordedReturns } from '../choice/contenders';
import { estimateField, type Field } from '../choice/field';
import { hasPlayedGolden } from '../choice/golden';
import { planRound, type PlannedPlay } from '../choice/plan-round';
import type { CandidateId } from '../events';
import { deriveSeeds } from '../seeds';
import type { PlayedEpisodes } from '../session/episode-runner';
import { createStepsSpent } from '../session/stopped';
import type { EventOf, RunState } from '../state';
import { createRejection } from './admit';
import type { RunContext } from './context';
import { playCandidate } from './play-candidate';
import { playGolden } from './play-golden';
import { raiseAlarms } from './raise-alarms';

type RaceEvent = EventOf<'candidate_raced' | 'candidate_rejected'>;

/** The part of the episodes left that the race of one generation may take after its first round. */
const RACE_SHARE = 0.1;
/** What is worth knowing while the search goes on, and before the last choice, as parts of the minimum effect. */
export const LEAST_GAIN_SHARE = 0.8;
const LAST_GAIN_SHARE = 0.1;
/** Episodes of one race at most, where episodes are unlimited. */
const MAX_EPISODES = 4000;

/** Races new candidates with the head and those who might take its place. */
export async function race(context: RunContext, entrants: readonly CandidateId[]): Promise<void> {
  if (entrants.length === 0) return;
  await playFirstRound(context, entrants);
  const field = await chooseHead(context);
  const left = countAffordableEpisodes(context.log.state);
  const most = Math.min(RACE_SHARE * left, context.log.state.settings.racing.most * entrants.length);
  await playRounds(context, field, { most, leastShare: LEAST_GAIN_SHARE });
}

/** Decides who is head with at most so many episodes, and fewer where nothing is left to gain by the choice. */
export async function decide(context: RunContext, episodes: number): Promise<void> {
  const most = Math.min(episodes, MAX_EPISODES);
  await playRounds(context, estimateField(context.log.state), { most, leastShare: LAST_GAIN_SHARE });
}

/** Every entrant plays the first training seeds; where the budget carries no whole round, fewer do, or each plays fewer. */
async function playFirstRound(context: RunContext, entrants: readonly CandidateId[]): Promise<void> {
  const { settings } = context.log.state;
  const left = Math.floor(Math.min(MAX_EPISODES, countAffordableEpisodes(context.log.state)));
  const field = entrants.slice(0, left);
  if (field.length === 0) return;
  const count = Math.max(1, Math.min(settings.racing.seeds, Math.floor(left / field.length)));
  await playRound(
    context,
    field.map((candidate) => ({ candidate, from: 0, count })),
  );
}

/** What the rounds of a race may take, and the least gain that is worth one, as a part of the minimum effect. */
interface RaceLimits {
  readonly most: number;
  readonly leastShare: number;
}

async function playRounds(
  context: RunContext,
  first: Field | null,
  { most, leastShare }: RaceLimits,
): Promise<void> {
  let left = Math.floor(Math.min(most, countAffordableEpisodes(context.log.state)));
  for (let field = first; field !== null && left > 0; field = await chooseHead(context)) {
    const { state } = context.log;
    const leastGain = leastShare * findMinEffect(state, field.bounds);
    const plan = planRound(state, field, { leastGain, episodes: left });
    if (plan.length === 0) return;
    const played = await playRound(context, plan);
    // Where the steps ran out, no further round could be played.
    if (played === 0) return;
    left -= played;
  }
}

/** Plays one round and returns how many episodes it took. */
async function playRound(context: RunContext, plan: readonly PlannedPlay[]): Promise<number> {
  context.announce(`racing ${formatQuantity(plan.length, 'candidate')}`);
  const events = await context.log.recordOrReplay(
    plan.length,
    ['candidate_raced', 'candidate_rejected'],
    () => playPlan(context, plan),
  );
  for (const event of events) if (event.type === 'candidate_raced') await raiseAlarms(context, event);
  return events.reduce((sum, { usage }) => sum + (usage.episodes ?? 0), 0);
}

async function playPlan(context: RunContext, plan: readonly PlannedPlay[]): Promise<RaceEvent[]> {
  const { state } = context.log;
  const left = readBudgetLeft(state).steps;
  const steps = left === null ? null : Math.floor(left / plan.length);
  const results = await Promise.all(
    plan.map(context.limitPlay).map(({ candidate, from, count }) => {
      const seeds = deriveSeeds(state.settings.seed, ['training'], count, from);
      return playCandidate(context, candidate, seeds, { steps, isUnplayed: from === 0 });
    }),
  );
  const isUnplayed = plan.every(({ from }) => from === 0);
  if (isUnplayed && results.every(({ failure, returns }) => failure === null && returns.length === 0))
    throw createStepsSpent();
  return judgeRound(state, plan, results);
}

function judgeRound(
  state: RunState,
  plan: readonly PlannedPlay[],
  results: readonly PlayedEpisodes[],
): RaceEvent[] {
  const unrecorded: UnrecordedReturns = new Map(
    results.flatMap(({ seeds, returns, failure }, index) => {
      const id = plan[index]?.candidate;
      if (id === undefined || failure !== null || returns.length === 0) return [];
      return [[id, new Map(returns.map((value, place) => [seeds[place] ?? 0, value]))] as const];
    }),
  );
  const field = estimateField(state, unrecorded);
  const leastGain = field === null ? 0 : LEAST_GAIN_SHARE * findMinEffect(state, field.bounds);
  return results.flatMap(({ seeds, returns, actions, failure, usage }, index): RaceEvent[] => {
    const id = plan[index]?.candidate;
    if (id === undefined) return [];
    if (failure !== null) return [createRejection(id, { code: 'failed', failure }, usage)];
    const { generation } = state;
    const played = { seeds: [...seeds], returns: [...returns], actions: actions.join('') };
    const raced = { type: 'candidate_raced', candidate: id, generation, played, usage } as const;
    const own = field?.contenders.find(({ candidate }) => candidate === id);
    if (field === null || own === undefined || own === field.head || own.gain >= leastGain)
      return [{ ...raced, dropped: false }];
    const pairs = collectPairs(state, id, field.head.candidate, unrecorded);
    const difference = scoreDifference(state, pairs, field.bounds);
    const behind = difference === null ? {} : { behind: { leader: field.head.candidate, difference } };
    return [{ ...raced, dropped: true, ...behind }];
  });
}

/**
 * Makes the best estimate head, where another candidate is by now that loses no golden case; returns the field as it is estimated
 * then.
 */
export async function chooseHead(context: RunContext): Promise<Field | null> {
  for (;;) {
    const { state } = context.log;
    const field = estimateField(state);
    if (field === null) return null;
    const { candidate } = field.head;
    const hasPlayed = hasPlayedGolden(state, candidate);
    const isChange = candidate !== state.head;
    // The first head does not wait for golden cases, so that a run has a policy as soon as it can; nor does what the user has accepted.
    const isAtOnce = state.head === null || candidate === findAccepted(state);
    if (isChange && (hasPlayed || isAtOnce)) await recordHead(context, field, { candidate });
    if (hasPlayed) return isChange ? estimateField(context.log.state) : field;
    // Where the budget does not carry them, the head stays.
    if (!(await playGolden(context, candidate))) return field;
  }
}

/** A candidate that becomes head; `actsAs` is the one whose actions it repeats by another text, where it does. */
interface HeadChange {
  readonly candidate: CandidateId;
  readonly actsAs?: CandidateId;
}

/** Makes a candidate head, whatever the others are estimated to be. */
export async function changeHead(context: RunContext, change: HeadChange): Promise<void> {
  const field = estimateField(context.log.state);
  if (field === null) throw new Error('a head has played');
  await recordHead(context, field, change);
}

async function recordHead(
  context: RunContext,
  { contenders, bounds }: Field,
  { candidate, actsAs }: HeadChange,
): Promise<void> {
  const { log } = context;
  const previous = log.state.head;
  const estimated = contenders.find((each) => each.candidate === (actsAs ?? candidate));
  if (estimated === undefined) throw new Error(`candidate ${candidate} has played nothing`);
  const lead =
    previous === null || actsAs !== undefined
      ? null
      : scoreDifference(log.state, collectPairs(log.state, candidate, previous), bounds);
  const [event] = await log.recordOrReplay(1, ['head_changed'], () =>
    Promise.resolve([
      {
        type: 'head_changed',
        candidate,
        previous,
        estimate: estimated.mean,
        ...(lead !== null && { lead }),
        ...(actsAs !== undefined && { actsAs }),
      },
    ]),
  );
  if (event !== undefined) await raiseAlarms(context, event);
}
