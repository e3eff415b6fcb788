/** A candidate's episodes, joined from the record and from what is kept beside it. */
import {
  joinCandidateEpisodes,
  listAlike,
  type CandidateEpisode,
  type CandidateId,
  type RunState,
} from '@policybook/engine';
import { readEpisodes } from './episode-files';

/**
 * Reads the episodes that count for a candidate, with how each went. `folder` is the run's, and `state` what its record
 * adds up to, so that the episodes are the same however often a run was interrupted.
 */
export async function readCandidateEpisodes(
  folder: string,
  state: RunState,
  id: CandidateId,
): Promise<CandidateEpisode[]> {
  const alike = listAlike(state, id);
  return joinCandidateEpisodes(
    await Promise.all(
      alike.map(async (candidate) => ({ candidate, kept: await readEpisodes(folder, candidate.hash) })),
    ),
  );
}
