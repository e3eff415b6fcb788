/** What a view of a run shows that its state does not hold: clocks, the latest events and where the files are. */
import type { MachineObservations, RunEvent } from '@policybook/engine';

export interface RunProgress extends MachineObservations {
  /** What is being done now; a stopped run says why it stopped instead. */
  readonly activity: string;
  /** The run's events, or the newest of them, oldest first: the log tells the last dozen worth telling. */
  readonly events: readonly RunEvent[];
  /** Run folder relative to the notebook, with `/` between names. */
  readonly folder: string;
  /** Over all sessions of the run. */
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  /** Measured now; `null` when stopped or unknown. */
  readonly stepsPerSecond: number | null;
}
