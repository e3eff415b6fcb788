/** Whether a run that was learned again came out as before: the same events, clocks and pauses aside. */
import { findDifferences, formatDifference } from './differences';
import { isOfUndisturbedRun, type RunEvent } from './events';

/** What comparing a run with its reproduction shows. */
export type Reproduction =
  | { readonly isSame: true; readonly events: number }
  /** `event`: the first that differs, from 1; `differences`: in what. */
  | { readonly isSame: false; readonly event: number; readonly type: string; readonly differences: string[] };

/** Compares the events of two runs; a run that was interrupted is compared as far as it goes. The names of the runs may differ. */
export function checkReproduction(before: readonly RunEvent[], now: readonly RunEvent[]): Reproduction {
  const [recorded, found] = [selectComparable(before), selectComparable(now)];
  const isWhole = recorded.at(-1)?.type === 'run_stopped';
  const length = isWhole ? Math.max(recorded.length, found.length) : recorded.length;
  for (let index = 0; index < length; index++) {
    const differing = findDifferences(recorded[index], found[index]);
    if (differing.length === 0) continue;
    const type = recorded[index]?.type ?? found[index]?.type ?? '';
    return {
      isSame: false,
      event: index + 1,
      type,
      differences: differing.map((each) => formatDifference(each)),
    };
  }
  return { isSame: true, events: length };
}

function selectComparable(events: readonly RunEvent[]): RunEvent[] {
  return events.filter(isOfUndisturbedRun).map(omitName);
}

function omitName(event: RunEvent): RunEvent {
  return event.type === 'run_declared' ? { ...event, run: '' } : event;
}
