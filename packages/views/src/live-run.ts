/** What a view of a run shows in addition to the run's state: what only clocks and machines know. */
import type { EpisodesSummary, MachineObservations, PendingAnswer, RunEvent } from '@policybook/engine';
import type { ClockReadings } from '@policybook/protocol';

/** What clocks and machines say of a run that is under way. */
export interface LiveRun extends MachineObservations, ClockReadings {
  /** What is being done now; a stopped run says why it stopped instead. */
  readonly activity: string;
  /** Why the record cannot be read to its end; such a run is not under way. Absent for a sound record. */
  readonly unreadable?: string;
  /** The run's events, or the newest of them, oldest first: the log shows the last dozen that are worth it. */
  readonly events: readonly RunEvent[];
  /** What happened in the episodes of the head; absent while the run goes on, which reads none of them. */
  readonly headEpisodes?: EpisodesSummary;
  /** The answer that a model is giving, which no saved view has; absent for none. */
  readonly answering?: PendingAnswer;
  /** Whether it is not the evaluator that answers for the author: no time that is left follows from what was spent. Absent for no. */
  readonly answersFromOutside?: boolean;
  /** Run folder relative to the notebook, with `/` between names. */
  readonly folder: string;
  /** Measured now; `null` when stopped or unknown. */
  readonly stepsPerSecond: number | null;
}
