/** Episodes of a candidate that a run's record holds, so that a replay can be held against them. */
import type { CandidateId, RunEvent } from './events';
import { FAILED_ACTIONS_HASH, readActionHashes } from './action-hashes';
import { deriveAuditSeeds } from './audit/seeds';
import type { GoldenCase } from './settings';
import type { EventOf } from './state';

/** One episode as the record has it. */
export interface RecordedEpisode {
  readonly seed: number;
  readonly return: number;
  /** The hash of its actions, as `shortenHash` cuts it; `null` where the policy failed. */
  readonly actions: string | null;
}

/** Reads the episodes of a candidate in the order in which they were played; a seed that was played again stands once. */
export function readRecordedEpisodes(
  events: readonly RunEvent[],
  candidate: CandidateId,
): readonly RecordedEpisode[] {
  const episodes = new Map<number, RecordedEpisode>();
  const add = (seeds: readonly number[], returns: readonly number[], actions: string): void => {
    const hashes = readActionHashes(actions);
    returns.forEach((each, index) => {
      const [seed, hash] = [seeds[index], hashes[index]];
      if (seed === undefined || hash === undefined || episodes.has(seed)) return;
      episodes.set(seed, { seed, return: each, actions: hash === FAILED_ACTIONS_HASH ? null : hash });
    });
  };
  const golden = events.flatMap((event) =>
    event.type === 'run_declared' ? (event.settings.golden ?? []) : [],
  );
  for (const event of events) {
    if (event.type === 'golden_played') {
      if (event.candidate === candidate) addPlain(event, golden, add);
      continue;
    }
    if ('played' in event && event.played !== undefined && event.candidate === candidate)
      add(event.played.seeds, event.played.returns, event.played.actions);
    if (event.type === 'audited' && event.candidate === candidate)
      add(event.seeds ?? deriveAuditSeeds(event, event.returns.length), event.returns, event.actions);
    if (event.type !== 'challenger_compared' || event.pairs === undefined) continue;
    const { seeds, challenger, champion, challengerActions, championActions } = event.pairs;
    if (event.challenger === candidate) add(seeds, challenger, challengerActions);
    if (event.champion === candidate) add(seeds, champion, championActions);
  }
  return [...episodes.values()];
}

/** Adds the golden cases that are episodes of a seed alone: those with options are others of the same seed. */
function addPlain(
  { played: { seeds, returns, actions } }: EventOf<'golden_played'>,
  golden: readonly GoldenCase[],
  add: (seeds: readonly number[], returns: readonly number[], actions: string) => void,
): void {
  const hashes = readActionHashes(actions);
  const plain = seeds.flatMap((seed, index) => {
    const [value, hash] = [returns[index], hashes[index]];
    if (golden[index]?.options !== undefined || value === undefined || hash === undefined) return [];
    return [{ seed, value, hash }];
  });
  add(
    plain.map(({ seed }) => seed),
    plain.map(({ value }) => value),
    plain.map(({ hash }) => hash).join(''),
  );
}
