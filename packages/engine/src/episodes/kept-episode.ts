/** What is kept of an episode in addition to its return, which the record has: how it ended, and what happened along it. */
import type { EpisodeCourse, EpisodeResult } from '@policybook/protocol';
import type { FollowedEpisode } from '../trajectory-hashes';

/** How an episode ended: in a terminal state, or because its time was over. */
export type EpisodeEnding = 'terminated' | 'truncated';

/** An episode as a run folder keeps it; one that an earlier version kept has neither ending nor course. */
export interface KeptEpisode extends FollowedEpisode {
  readonly ending?: EpisodeEnding;
  readonly course?: EpisodeCourse;
}

/** Returns what is kept of a finished episode. One that ended in both ways at once counts as terminated, as for Gymnasium. */
export function keepEpisode(episode: EpisodeResult): Required<KeptEpisode> {
  const { seed, steps, terminated, trajectoryHashes, course } = episode;
  return { seed, steps, ending: terminated ? 'terminated' : 'truncated', course, trajectoryHashes };
}
