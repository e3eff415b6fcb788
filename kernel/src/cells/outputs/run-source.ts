/** What the view of a run reads: the texts of its policies, what happened in their episodes, and its clocks. */
import type { CandidateEpisode, CandidateId, Clocks, RunState } from '@policybook/engine';
import { readCandidateEpisodes, readPolicy, type RecordedPolicy } from '@policybook/store';

/** Where a run's policies and episodes are, and its clocks. */
export interface RunSource {
  /** Run folder relative to the notebook, with `/` between names. */
  readonly folder: string;
  /** Reads a policy's text as the run wrote it. */
  readPolicy(recorded: RecordedPolicy): Promise<string>;
  /** Reads the episodes that count for a candidate, with how each went. */
  readEpisodes(state: RunState, id: CandidateId): Promise<readonly CandidateEpisode[]>;
  /** Reads the clocks of the run now. */
  readClocks(): Clocks;
  /** Why the record cannot be read to its end; absent for a sound one. */
  readonly unreadable?: string;
}

/** Reads from the run folder at `path`; `folder` is the same relative to the notebook. */
export function createRunSource(path: string, folder: string, readClocks: () => Clocks): RunSource {
  return {
    folder,
    readPolicy: (recorded) => readPolicy(path, recorded),
    readEpisodes: (state, id) => readCandidateEpisodes(path, state, id),
    readClocks,
  };
}
