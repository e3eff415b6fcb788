/**
 * Races: candidates play common training seeds, the same ones in the same order, and after each round the next episodes go
 * where choosing another head would gain most.
 */
import { findMinEffect } from '../acceptance/min-effect';
import type { ReturnBounds } from '../acceptance/return-bounds';
import { scorePairs } from '../acceptance/score';
import { countAffordableEpisodes, readBudgetLeft } from '../budget/budget';
import { estimateField, findFieldBounds, type Field, type UnrecordedReturns } from '../choice/field';
import { planRound, type PlannedPlay } from '../choice/plan-round';
import type { CandidateId, Score } from '../events';
import { deriveSeeds } from '../seeds';
import type { PlayedEpisodes } from '../session/episode-runner';
import { createStepsSpent } from '../session/stopped';
import { type EventOf, type RunState } from '../state';
import { createRejection } from './admit';
import { collectPairs } from './collect-pairs';
import { requireText, type RunContext, type StageOutcome } from './context';
import { raiseAlarms } from './raise-alarms';

type RaceEvent = EventOf<'candidate_raced' | 'candidate_rejected'>;

/** The part of the episodes left that the race of one generation may take after its first round. */
const RACE_SHARE = 0.1;
/** What is worth knowing while the search goes on, and before the last choice, as parts of the minimum effect. */
const LEAST_GAIN_SHARE = 0.4;
const LAST_GAIN_SHARE = 0.1;
/** Episodes of one race at most, where episodes are unlimited. */
const MAX_EPISODES = 4000;

/** Races new candidates with the head and those who might take its place; `improved` where the head has changed. */
export async function race(context: RunContext, entrants: readonly CandidateId[]): Promise<StageOutcome> {
  const before = context.log.state.head;
  if (entrants.length === 0) return 'no_change';
  await playFirstRound(context, entrants);
  await chooseHead(context);
  const { racing } = context.log.state.settings;
  const left = countAffordableEpisodes(context.log.state);
  await playRounds(
    context,
    Math.min(RACE_SHARE * left, racing.most * Math.max(1, entrants.length)),
    LEAST_GAIN_SHARE,
  );
  return context.log.state.head === before ? 'no_change' : 'improved';
}

/** Decides who is head with at most so many episodes, and fewer where nothing is left to gain by the choice. */
export async function decide(context: RunContext, episodes: number): Promise<StageOutcome> {
  const before = context.log.state.head;
  await playRounds(context, Math.min(episodes, MAX_EPISODES), LAST_GAIN_SHARE);
  return context.log.state.head === before ? 'no_change' : 'improved';
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

async function playRounds(context: RunContext, most: number, leastShare: number): Promise<void> {
  for (let left = Math.floor(Math.min(most, countAffordableEpisodes(context.log.state))); left > 0;) {
    const { state } = context.log;
    const bounds = findFieldBounds(state);
    const field = estimateField(state, bounds);
    if (field === null) return;
    const plan = planRound(state, field, {
      leastGain: leastShare * findMinEffect(state, bounds),
      episodes: left,
    });
    if (plan.length === 0) return;
    const played = await playRound(context, plan);
    // Where the steps ran out, no further round could be played.
    if (played === 0) return;
    left -= played;
    await chooseHead(context);
  }
}

/** Plays one round and returns how many episodes it took. */
async function playRound(context: RunContext, plan: readonly PlannedPlay[]): Promise<number> {
  context.announce(`racing ${plan.length} ${plan.length === 1 ? 'candidate' : 'candidates'}`);
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
      const text = requireText(context, candidate);
      // A champion's failed episode is the worst one: it was shown to be good, and is not rejected for one failure.
      return wasChampion(state, candidate)
        ? context.runner.playThrough(text, seeds, findFieldBounds(state).low, { steps })
        : context.runner.play(text, seeds, { steps, isUnplayed: from === 0 });
    }),
  );
  const isUnplayed = plan.every(({ from }) => from === 0);
  if (isUnplayed && results.every(({ failure, returns }) => failure === null && returns.length === 0))
    throw createStepsSpent();
  return judgeRound(state, plan, results);
}

function wasChampion({ championHistory }: RunState, id: CandidateId): boolean {
  return championHistory.some(({ candidate }) => candidate === id);
}

function judgeRound(
  state: RunState,
  plan: readonly PlannedPlay[],
  results: readonly PlayedEpisodes[],
): RaceEvent[] {
  const hasFailed = (index: number) => {
    const candidate = plan[index]?.candidate;
    return results[index]?.failure !== null && candidate !== undefined && !wasChampion(state, candidate);
  };
  const unrecorded: UnrecordedReturns = new Map(
    results.flatMap(({ seeds, returns }, index) => {
      const id = plan[index]?.candidate;
      if (id === undefined || hasFailed(index) || returns.length === 0) return [];
      return [[id, new Map(returns.map((value, place) => [seeds[place] ?? 0, value]))] as const];
    }),
  );
  const bounds = findFieldBounds(state, unrecorded);
  const field = estimateField(state, bounds, unrecorded);
  const leastGain = LEAST_GAIN_SHARE * findMinEffect(state, bounds);
  return results.flatMap(({ seeds, returns, actions, failure, usage }, index): RaceEvent[] => {
    const id = plan[index]?.candidate;
    if (id === undefined) return [];
    if (failure !== null && hasFailed(index))
      return [createRejection(id, { code: 'failed', failure }, usage)];
    const { generation } = state;
    const played = { seeds: [...seeds], returns: [...returns], actions: actions.join('') };
    const raced = { type: 'candidate_raced', candidate: id, generation, played, usage } as const;
    const own = field?.contenders.find(({ candidate }) => candidate === id);
    if (field === null || own === undefined || own === field.head || own.gain >= leastGain)
      return [{ ...raced, dropped: false }];
    const behind = measureGap(state, own.candidate, field, { bounds, unrecorded });
    return [{ ...raced, dropped: true, ...(behind !== null && { behind }) }];
  });
}

/** Measures how far a candidate is behind the head on the seeds that both have played; `null` where there are none. */
function measureGap(
  state: RunState,
  id: CandidateId,
  { head }: Field,
  { bounds, unrecorded }: { readonly bounds: ReturnBounds; readonly unrecorded: UnrecordedReturns },
): NonNullable<EventOf<'candidate_raced'>['behind']> | null {
  const difference = scoreLead(state, { leader: id, other: head.candidate, bounds, unrecorded });
  return difference === null ? null : { leader: head.candidate, difference };
}

/** Scores the paired difference of two candidates on the seeds that both have played; `null` where there are none. */
export function scoreLead(
  state: RunState,
  {
    leader,
    other,
    bounds,
    unrecorded,
  }: {
    readonly leader: CandidateId;
    readonly other: CandidateId;
    readonly bounds: ReturnBounds;
    readonly unrecorded?: UnrecordedReturns;
  },
): Score | null {
  const { values, others } = collectPairs(state, leader, other, unrecorded);
  if (values.length === 0) return null;
  return scorePairs(values, others, bounds, state.settings.acceptance.confidence);
}

/** Makes the best estimate head, where another candidate is by now. */
export async function chooseHead(context: RunContext): Promise<void> {
  const { state } = context.log;
  const best = estimateField(state, findFieldBounds(state))?.head.candidate ?? null;
  if (best === null || best === state.head) return;
  await changeHead(context, best);
}

/** Makes a candidate head; `actsAs` names the one whose actions it repeats by another text. */
export async function changeHead(
  context: RunContext,
  candidate: CandidateId,
  actsAs: CandidateId | null = null,
): Promise<void> {
  const { state } = context.log;
  const previous = state.head;
  const bounds = findFieldBounds(state);
  const { contenders = [] } = estimateField(state, bounds) ?? {};
  const estimated = contenders.find((each) => each.candidate === (actsAs ?? candidate));
  if (estimated === undefined) throw new Error(`candidate ${candidate} has played nothing`);
  const lead =
    previous === null || actsAs !== null
      ? null
      : scoreLead(state, { leader: candidate, other: previous, bounds });
  const change = { type: 'head_changed', candidate, previous, estimate: estimated.mean } as const;
  const [event] = await context.log.recordOrReplay(1, ['head_changed'], () =>
    Promise.resolve([{ ...change, ...(lead !== null && { lead }), ...(actsAs !== null && { actsAs }) }]),
  );
  if (event !== undefined) await raiseAlarms(context, event);
}
