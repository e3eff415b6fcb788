/**
 * How texts that act alike are found before episodes are spent on them: candidates are compared with each other on
 * observations that the head met in episodes it has played.
 */
import type { EnvironmentFacts } from '@policybook/protocol';
import { isAlike, listAlike } from '../choice/contenders';
import type { CandidateId } from '../events';
import { requireCandidate, type RunState } from '../state';
import { findHead, requireText, type RunContext } from './context';
import { createRejection } from './admit';
import { replaceHead } from './replace-head';

/** Episodes whose observations are looked at: the worst ones, where policies that repair failures differ, and others. */
const MAX_EPISODES = 64;
const WORST_EPISODES = 16;
/** The fewest episodes of the head that candidates are compared on: on fewer a policy that repairs a rare failure acts alike. */
const MIN_SAMPLE_EPISODES = 16;
/** The number of earlier candidates that new ones are compared with, the latest first; champions always are. */
const MAX_EARLIER_POLICIES = 100;
/** Numbers of one observation at most: observations are kept in memory while texts are compared, and pictures would not fit. */
const MAX_NUMBERS = 1024;

/**
 * Rejects those of `ids` that act like an earlier candidate; returns the others. One that acts like the head by a smaller text
 * takes its place.
 */
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
    const reference = requireText(context, recorded.reference);
    const result = await context.runner.compareActions(reference, recorded.seeds, sources);
    // Where the head now fails in an episode it has played, no observations are known and nothing is rejected.
    const { same, observations } = result.ok ? result.value : { same: [], observations: 0 };
    return [
      {
        type: 'actions_compared',
        reference: recorded.reference,
        observations,
        candidates,
        same: candidates.map((_, index) => candidates[same[index] ?? -1] ?? null),
      },
    ];
  });
  // Earlier ones, too: in the episodes of an earlier head they may have differed from each other, and now they do not.
  const alike = candidates.flatMap((id, index) => {
    const of = event?.same[index] ?? null;
    // A smaller text that acts like another has taken its place already.
    if (of === null || isAlike(state, id, of)) return [];
    if (!isKept(state, id)) return [{ id, of }];
    return isKept(state, of) ? [] : [{ id: of, of: id }];
  });
  const duplicates = alike.filter(({ id }, at) => alike.findIndex((each) => each.id === id) === at);
  const shorter = duplicates.find(({ id, of }) => isShorterHead(context.log.state, id, of));
  const rejected = duplicates.filter((duplicate) => duplicate !== shorter);
  await context.log.recordOrReplay(rejected.length, ['candidate_rejected'], () =>
    Promise.resolve(
      rejected.map(({ id, of }) =>
        createRejection(id, {
          code: 'duplicate',
          of,
          by: 'actions',
          episodes: recorded.seeds.length,
          worst: recorded.worst,
        }),
      ),
    ),
  );
  if (shorter !== undefined) await replaceHead(context, shorter.id);
  return ids.filter((id) => !duplicates.some((duplicate) => duplicate.id === id));
}

/** Whether a candidate is head, or is or was champion: what is handed over or was shown is not taken back. */
function isKept({ head, championHistory }: RunState, id: CandidateId): boolean {
  return head === id || championHistory.some(({ candidate }) => candidate === id);
}

/** Whether a candidate acts like the head by a smaller text. */
function isShorterHead(state: RunState, id: CandidateId, of: CandidateId): boolean {
  const head = findHead(state);
  return (
    head !== null && isAlike(state, head.id, of) && requireCandidate(state, id).size.nodes < head.size.nodes
  );
}

/** Recorded episodes on which candidates are compared. */
interface RecordedSample {
  readonly reference: CandidateId;
  readonly seeds: readonly number[];
  /** How many of them are the worst that are known. */
  readonly worst: number;
}

/** Finds episodes of the head that were paid for in races: its worst ones and, of the others, the first. */
function findRecordedEpisodes(state: RunState): RecordedSample | null {
  const head = findHead(state);
  if (head === null || !fitsMemory(state.facts)) return null;
  // A simplified head has the episodes of the text that it acts like, which plays them alike.
  const subject = listAlike(state, head.id).at(-1) ?? head;
  if (subject.training.size < MIN_SAMPLE_EPISODES) return null;
  const ranked = [...subject.training].sort(([, one], [, other]) => one - other);
  const worst = ranked.slice(0, WORST_EPISODES).map(([seed]) => seed);
  const others = [...subject.training.keys()].filter((seed) => !worst.includes(seed));
  return {
    reference: subject.id,
    seeds: [...worst, ...others].slice(0, MAX_EPISODES),
    worst: worst.length,
  };
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
