/** The race of one generation on its common training seeds, in rounds that double for the candidates that are left. */
import { findRaceBounds, type ReturnBounds } from '../acceptance/return-bounds';
import { scorePairs } from '../acceptance/score';
import { countAffordableEpisodes, readBudgetLeft } from '../budget/budget';
import type { CandidateId } from '../events';
import { findDropped, rankByMean, type RaceEntry } from '../racing/ranking-race';
import { deriveSeeds } from '../seeds';
import { requireCandidate, type EventOf, type RunState } from '../state';
import { raiseAlarms } from './raise-alarms';
import type { PlayedEpisodes } from '../session/episode-runner';
import { countComparisonEpisodes } from './challenge';
import { findChampion, findProvenChampion, requireText, type RunContext } from './context';
import { createRejection } from './admit';
import { createStepsSpent } from '../session/stopped';

type RaceEvent = EventOf<'candidate_raced' | 'candidate_rejected'>;

/** The part of the episodes left that a race may take; the rest is for a comparison, or to measure a first champion. */
const RACE_SHARES = { withChampion: 0.5, without: 0.95 };

/** Counts the episodes that a race may take: a comparison after it must find enough left, where there is enough for both. */
function countRaceEpisodes(state: RunState): number {
  const affordable = countAffordableEpisodes(state);
  if (findChampion(state) === null) return RACE_SHARES.without * affordable;
  const spare = Math.max(state.settings.racing.seeds, affordable - countComparisonEpisodes(state));
  return Math.min(RACE_SHARES.withChampion * affordable, spare);
}

/** Races candidates and returns the survivors with all their returns. Where the budget ends, fewer enter, or fewer rounds are run. */
export async function race(context: RunContext, entrants: readonly CandidateId[]): Promise<RaceEntry[]> {
  const { racing, seed } = context.log.state.settings;
  const { generation } = context.log.state;
  let left = Math.floor(countRaceEpisodes(context.log.state));
  let field = entrants.slice(0, Math.floor(left / racing.seeds));
  let seen = 0;
  while (field.length > (seen === 0 ? 0 : 1) && seen < racing.most) {
    // The last round is as long as what is left allows.
    const fresh = Math.min(
      seen === 0 ? racing.seeds : seen,
      racing.most - seen,
      Math.floor(left / field.length),
    );
    if (fresh < 1) break;
    left -= fresh * field.length;
    context.announce(`racing ${field.length} ${field.length === 1 ? 'candidate' : 'candidates'}`);
    const seeds = deriveSeeds(seed, ['training', generation], fresh, seen);
    const events = await runRound(context, field, seeds, seen === 0);
    const last = events.findLast((event) => event.type === 'candidate_raced');
    if (last !== undefined) await raiseAlarms(context, last);
    field = events.flatMap((event) =>
      event.type === 'candidate_raced' && !event.dropped ? [event.candidate] : [],
    );
    const rest = field.map((id) => requireCandidate(context.log.state, id).training.size);
    // Where the steps ran out, no further round could be played.
    if (Math.min(...rest) < seen + fresh) break;
    seen += fresh;
  }
  return field.map((id) => readEntry(context.log.state, id));
}

function runRound(
  context: RunContext,
  field: readonly CandidateId[],
  seeds: readonly number[],
  isUnplayed: boolean,
) {
  return context.log.recordOrReplay(field.length, ['candidate_raced', 'candidate_rejected'], async () => {
    const left = readBudgetLeft(context.log.state).steps;
    const steps = left === null ? null : Math.floor(left / field.length);
    const results = await Promise.all(
      field.map((id) => context.runner.play(requireText(context, id), seeds, { steps, isUnplayed })),
    );
    const lengths = results.flatMap(({ failure, returns }) => (failure === null ? [returns.length] : []));
    const common = Math.min(...lengths, seeds.length);
    if (common === 0 && isUnplayed) throw createStepsSpent();
    return judgeRound(context, field, common, results);
  });
}

/** Judges a round of `common` episodes, which all candidates have played, those that failed aside. */
function judgeRound(
  context: RunContext,
  field: readonly CandidateId[],
  common: number,
  results: readonly PlayedEpisodes[],
): RaceEvent[] {
  const { state } = context.log;
  const standings = field.flatMap((id, index) => {
    const result = results[index];
    if (result?.failure !== null) return [];
    const returns = [...readEntry(state, id).returns, ...result.returns.slice(0, common)];
    return [{ candidate: id, returns }];
  });
  const championMean = findProvenChampion(state)?.score?.mean ?? null;
  const bounds = findBoundsOfRound(state, standings);
  const dropped = findDropped(standings, championMean, bounds.high - bounds.low);
  return results.flatMap((result, index): RaceEvent[] => {
    const id = field[index];
    if (id === undefined) return [];
    const { failure, usage } = result;
    if (failure !== null) return [createRejection(id, { code: 'failed', failure }, usage)];
    const returns = result.returns.slice(0, common);
    const actions = result.actions.slice(0, common).join('');
    const played = { seeds: result.seeds.slice(0, common), returns, actions };
    const { generation } = state;
    const raced = { type: 'candidate_raced', candidate: id, generation, played, usage } as const;
    if (!dropped.has(id)) return [{ ...raced, dropped: false }];
    const behind = measureGap(state, id, standings, bounds);
    return [{ ...raced, dropped: true, ...(behind !== null && { behind }) }];
  });
}

function findBoundsOfRound(state: RunState, standings: readonly RaceEntry[]): ReturnBounds {
  const [first] = rankByMean(standings);
  const leader = standings.find(({ candidate }) => candidate === first)?.returns ?? [];
  const entrants = standings.map(({ returns }) => returns);
  return findRaceBounds(state, entrants, leader);
}

/** Measures how far a candidate is behind the leader; `null` for the leader itself. */
function measureGap(
  state: RunState,
  id: CandidateId,
  standings: readonly RaceEntry[],
  bounds: ReturnBounds,
): NonNullable<EventOf<'candidate_raced'>['behind']> | null {
  const [first] = rankByMean(standings);
  const leader = standings.find(({ candidate }) => candidate === first);
  const own = standings.find(({ candidate }) => candidate === id);
  if (leader === undefined || own === undefined || leader === own) return null;
  const { confidence } = state.settings.acceptance;
  return {
    leader: leader.candidate,
    difference: scorePairs(own.returns, leader.returns, bounds, confidence),
  };
}

function readEntry(state: RunState, id: CandidateId): RaceEntry {
  return { candidate: id, returns: [...requireCandidate(state, id).training.values()] };
}
