/** A candidate's episodes, joined from the record and from what the run folder keeps of each. */
import {
  collectCandidateEpisodes,
  type CandidateEpisode,
  type CandidateId,
  type RunState,
} from '@policybook/engine';
import { readEpisodes } from './episode-files';

/**
 * Reads the episodes that count for a candidate, with how each went. `folder` is the run's, and `state` what its record
 * adds up to.
 */
export function readCandidateEpisodes(
  folder: string,
  state: RunState,
  id: CandidateId,
): Promise<CandidateEpisode[]> {
  return collectCandidateEpisodes(state, id, (hash) => readEpisodes(folder, hash));
}
