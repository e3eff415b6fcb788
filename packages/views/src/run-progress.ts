/** What a view of a run shows that its state does not hold: clocks, the latest events and where the files are. */
import type { JailLevel, RunEvent } from '@policybook/engine';

export interface RunProgress {
  /** What is being done now; a stopped run says why it stopped instead. */
  readonly activity: string;
  /** The run's events, or the newest of them, oldest first: the log tells the last dozen worth telling. */
  readonly events: readonly RunEvent[];
  /** Run folder relative to the notebook, with `/` between names. */
  readonly folder: string;
  /** Over all sessions of the run. */
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  /** The lowest level of the jail at which policies of the run were played, as far as known. */
  readonly level?: JailLevel;
  /** Measured now; `null` when stopped or unknown. */
  readonly stepsPerSecond: number | null;
}
