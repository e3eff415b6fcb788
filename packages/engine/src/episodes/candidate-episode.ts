/** The episodes that a candidate is judged by, each with what was kept of it. */
import { listAlike } from '../choice/contenders';
import type { CandidateId } from '../events';
import type { Candidate, RunState } from '../state';
import type { KeptEpisode } from './kept-episode';

/** An episode that counts for a candidate; audits are none. */
export interface CandidateEpisode {
  readonly seed: number;
  readonly return: number;
  /** Whether its seed had no part in choosing the candidate. */
  readonly isFresh: boolean;
  /** How it went; `null` where the policy failed in it, and where an earlier version played it. */
  readonly kept: KeptEpisode | null;
}

/** A candidate, and what is kept of the episodes that its text has played, by their seeds. */
export interface PlayedCandidate {
  readonly candidate: Pick<Candidate, 'training' | 'fresh'>;
  readonly kept: ReadonlyMap<number, KeptEpisode>;
}

/**
 * Reads the episodes that count for a candidate, with how each went; `readKept` reads what is kept of those of a text, by its
 * hash. They are what `state` has, so that they are the same however often a run was interrupted.
 */
export async function collectCandidateEpisodes(
  state: RunState,
  id: CandidateId,
  readKept: (hash: string) => Promise<PlayedCandidate['kept']>,
): Promise<CandidateEpisode[]> {
  const alike = listAlike(state, id).map(async (candidate) => ({
    candidate,
    kept: await readKept(candidate.hash),
  }));
  return joinCandidateEpisodes(await Promise.all(alike));
}

/** Joins the episodes of candidates that act alike, those on training seeds first; each seed counts once. */
function joinCandidateEpisodes(alike: readonly PlayedCandidate[]): CandidateEpisode[] {
  const episodes = new Map<number, CandidateEpisode>();
  for (const { candidate, kept } of alike)
    for (const [returns, isFresh] of [
      [candidate.fresh, true],
      [candidate.training, false],
    ] as const)
      for (const [seed, value] of returns)
        if (!episodes.has(seed))
          episodes.set(seed, { seed, return: value, isFresh, kept: kept.get(seed) ?? null });
  return [...episodes.values()].sort((one, other) => Number(one.isFresh) - Number(other.isFresh));
}
