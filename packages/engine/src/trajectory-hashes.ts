/**
 * Where a replay leaves the recorded episode. The record has a few digits of what all actions and rewards up to each
 * of its recorded steps hash to, the replay after every step; one hash in 4,096 fits by chance.
 */
import type { TrajectoryHashes } from '@policybook/protocol';

const HASH_DIGITS = 3;

/** An episode whose steps can be distinguished. */
export interface FollowedEpisode {
  readonly seed: number;
  readonly steps: number;
  readonly trajectoryHashes: TrajectoryHashes;
}

/** The steps, counted from 1, in one of which the first difference lies: one step where the record has a hash at each. */
export interface Departure {
  readonly from: number;
  readonly to: number;
}

/** Finds where a replay leaves the recorded episode; `null` where it is that episode. `hashes` has one after every step. */
export function findDeparture(
  recorded: Omit<FollowedEpisode, 'seed'>,
  replayed: { readonly steps: number; readonly hashes: string },
): Departure | null {
  const { every, hashes } = recorded.trajectoryHashes;
  for (let agreed = 0, index = 0; agreed < recorded.steps; index++) {
    const at = Math.min(agreed + every, recorded.steps);
    if (at > replayed.steps || readHash(hashes, index) !== readHash(replayed.hashes, at - 1))
      return { from: agreed + 1, to: Math.min(at, replayed.steps + 1) };
    agreed = at;
  }
  const beyond = recorded.steps + 1;
  return replayed.steps < beyond ? null : { from: beyond, to: beyond };
}

function readHash(hashes: string, index: number): string {
  return hashes.slice(HASH_DIGITS * index, HASH_DIGITS * (index + 1));
}
