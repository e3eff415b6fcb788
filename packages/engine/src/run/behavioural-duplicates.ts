/**
 * How texts that act alike are found before episodes are spent on them: candidates are compared with each other on
 * observations that the champion met in episodes it has played.
 */
import type { EnvironmentFacts } from '@policybook/protocol';
import type { CandidateId } from '../events';
import { deriveSeeds, type StreamName } from '../seeds';
import type { Candidate, RunState } from '../state';
import { findProvenChampion, requireText, type RunContext } from './context';
import { createRejection } from './admit';

/**
 * Episodes whose observations are looked at. What acts alike on all of them differs in fewer than 5 of 100 episodes
 * (3 / n, at 95 %), which no comparison that a run can afford would tell.
 */
const MAX_EPISODES = 64;
/** The fewest episodes of the champion that candidates are compared on. */
export const MIN_SAMPLE_EPISODES = 16;
/** The number of earlier candidates that new ones are compared with, the latest first; champions always are. */
const MAX_EARLIER_POLICIES = 100;
/** Numbers of one observation at most: observations are kept in memory while texts are compared, and pictures would not fit. */
const MAX_NUMBERS = 1024;

/** Rejects those of `ids` that act like an earlier candidate; returns the others. */
export async function rejectBehaviouralDuplicates(
  context: RunContext,
  ids: readonly CandidateId[],
): Promise<CandidateId[]> {
  const { state } = context.log;
  const recorded = findRecordedEpisodes(state);
  if (recorded === null || ids.length === 0) return [...ids];
  const candidates = [...findEarlier(state, ids), ...ids];
  const [event] = await context.log.recordOrReplay(1, ['actions_compared'], async () => {
    const sources = candidates.map((id) => requireText(context, id));
    const reference = requireText(context, recorded.champion);
    const result = await context.runner.compareActions(reference, recorded.seeds, sources);
    // Where the champion now fails in an episode it has played, no observations are known and nothing is rejected.
    const { same, observations } = result.ok ? result.value : { same: [], observations: 0 };
    return [
      {
        type: 'actions_compared',
        reference: recorded.champion,
        observations,
        candidates,
        same: candidates.map((_, index) => candidates[same[index] ?? -1] ?? null),
      },
    ];
  });
  const duplicates = ids.flatMap((id) => {
    const of = event?.same[event.candidates.indexOf(id)] ?? null;
    return of === null ? [] : [{ id, of }];
  });
  await context.log.recordOrReplay(duplicates.length, ['candidate_rejected'], () =>
    Promise.resolve(
      duplicates.map(({ id, of }) => createRejection(id, { code: 'duplicate', of, by: 'actions' })),
    ),
  );
  return ids.filter((id) => !duplicates.some((duplicate) => duplicate.id === id));
}

/** Finds episodes of the champion that were paid for when it was promoted: the first of its own stream. */
function findRecordedEpisodes(
  state: RunState,
): { readonly champion: CandidateId; readonly seeds: readonly number[] } | null {
  const champion = findProvenChampion(state);
  const promotion = state.championHistory.find(({ candidate }) => candidate === champion?.id);
  if (champion === null || promotion === undefined || !fitsMemory(state.facts)) return null;
  const count = Math.min(MAX_EPISODES, promotion.score.episodes);
  if (count < MIN_SAMPLE_EPISODES) return null;
  return { champion: champion.id, seeds: deriveSeeds(state.settings.seed, findStream(champion), count) };
}

function findStream({ verdict, hash }: Candidate): StreamName {
  return verdict === 'first' ? ['first', hash] : ['selection', hash];
}

function fitsMemory({ observationSpace: { shape } }: EnvironmentFacts): boolean {
  return shape !== null && shape.reduce((product, size) => product * size, 1) <= MAX_NUMBERS;
}

function findEarlier(state: RunState, ids: readonly CandidateId[]): CandidateId[] {
  const champions = new Set(state.championHistory.map(({ candidate }) => candidate));
  const playable = [...state.candidates.values()].filter(
    ({ id, verdict }) => verdict !== 'rejected' && !ids.includes(id),
  );
  const recent = new Set(playable.slice(-MAX_EARLIER_POLICIES).map(({ id }) => id));
  return playable.flatMap(({ id }) => (recent.has(id) || champions.has(id) ? [id] : []));
}
