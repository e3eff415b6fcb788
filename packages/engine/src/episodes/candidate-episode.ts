/** The episodes that a candidate is judged by, each with what was kept of it. */
import type { Candidate } from '../state';
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

/** Joins the episodes of candidates that act alike, those on training seeds first; each seed counts once. */
export function joinCandidateEpisodes(alike: readonly PlayedCandidate[]): CandidateEpisode[] {
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
