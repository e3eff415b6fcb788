/** What was noticed while policies ran. It depends on the machine, stands next to events and is never compared. */
import type { IsolationLevel } from '@policybook/protocol';

/** What depends on the machine on which policies ran. */
export interface MachineObservations {
  /** The lowest isolation level at which policies ran; absent where none did. */
  readonly isolationLevel?: IsolationLevel | undefined;
  /** Candidate -> CPU milliseconds of its slowest step, of those that came near the step's limit. */
  readonly slowestSteps?: Readonly<Record<string, number>> | undefined;
}

/** Combines observations: the lowest level and the slowest steps of all. */
export function combineObservations(all: readonly MachineObservations[]): MachineObservations {
  const levels = all.flatMap(({ isolationLevel: level }) => (level === undefined ? [] : [level]));
  const slowestSteps: Record<string, number> = {};
  for (const { slowestSteps: steps = {} } of all)
    for (const [candidate, milliseconds] of Object.entries(steps))
      slowestSteps[candidate] = Math.max(milliseconds, slowestSteps[candidate] ?? 0);
  return {
    ...(levels.length > 0 && { isolationLevel: Math.min(...levels) }),
    ...(Object.keys(slowestSteps).length > 0 && { slowestSteps }),
  };
}
