/**
 * The handling of every type of event, of runs and comparisons, in one table. The compiler asks for what a row promises;
 * a test holds Python's reading to it.
 */
import { COMPARISON_EVENT_HANDLING, type ComparisonEvent } from './comparison/events';
import type { EventHandling } from './event-handling';
import { RUN_EVENT_HANDLING, type RunEvent } from './events';

/** The type of any event that is recorded. */
export type RecordedEventType = (RunEvent | ComparisonEvent)['type'];

/** Every type of event with what becomes of it. */
export const EVENT_TABLE = {
  ...RUN_EVENT_HANDLING,
  ...COMPARISON_EVENT_HANDLING,
} as const satisfies Readonly<Record<RecordedEventType, EventHandling>>;

/** The types of events that the run view's log has a line for. */
type LoggedEventType = {
  [T in RecordedEventType]: (typeof EVENT_TABLE)[T]['isLogged'] extends true ? T : never;
}[RecordedEventType];

/** An event that the run view's log has a line for. */
export type LoggedEvent = Extract<RunEvent, { type: LoggedEventType }>;

/** Whether the run view's log has a line for this event. */
export function isLogged(event: RunEvent): event is LoggedEvent {
  return EVENT_TABLE[event.type].isLogged;
}

/** Whether a journal's `append` resolves only when this event is on the disk. */
export function isDurable({ type }: { readonly type: RecordedEventType }): boolean {
  return EVENT_TABLE[type].isDurable;
}
