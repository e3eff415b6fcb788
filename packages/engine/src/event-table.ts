/**
 * One row for every type of event, of runs and comparisons: what else in the repository has to know it. The compiler asks
 * for the row, and for what the row promises; a test holds Python's reading to it.
 */
import type { ComparisonEvent } from './comparison/events';
import type { RunEvent } from './events';

/** The type of any event that is recorded. */
export type RecordedEventType = (RunEvent | ComparisonEvent)['type'];

/** What becomes of an event once it is appended. */
export interface EventHandling {
  /**
   * Whether it must be on the disk before anything goes on. Answers that were paid for and decisions that people rely on
   * are durable; what can be computed again is not. All of a comparison's events are: there are few, and each took many
   * episodes.
   */
  readonly isDurable: boolean;
  /** Whether the run view's log has a line for it; `packages/views/src/run-log.ts` must then write one. */
  readonly isLogged: boolean;
  /** Whether Python's tables read more of it than its `usage`; `packages/runtime/policybook/reading/` must then name it. */
  readonly isInTables: boolean;
}

/** Every type of event with what becomes of it. */
export const EVENT_TABLE = {
  run_declared: { isDurable: true, isLogged: false, isInTables: false },
  author_answered: { isDurable: true, isLogged: true, isInTables: true },
  author_failed: { isDurable: true, isLogged: true, isInTables: true },
  candidate_proposed: { isDurable: false, isLogged: false, isInTables: true },
  actions_compared: { isDurable: false, isLogged: false, isInTables: false },
  candidate_rejected: { isDurable: false, isLogged: true, isInTables: true },
  candidate_raced: { isDurable: false, isLogged: true, isInTables: true },
  challenger_compared: { isDurable: true, isLogged: true, isInTables: true },
  champion_promoted: { isDurable: true, isLogged: true, isInTables: true },
  tuner_finished: { isDurable: false, isLogged: true, isInTables: false },
  simplifier_finished: { isDurable: false, isLogged: true, isInTables: false },
  constants_jittered: { isDurable: false, isLogged: true, isInTables: false },
  proxy_checked: { isDurable: false, isLogged: true, isInTables: false },
  alarm_raised: { isDurable: false, isLogged: true, isInTables: true },
  recomputed_differently: { isDurable: false, isLogged: true, isInTables: false },
  audited: { isDurable: true, isLogged: true, isInTables: true },
  run_stopped: { isDurable: true, isLogged: true, isInTables: true },
  comparison_declared: { isDurable: true, isLogged: false, isInTables: false },
  contestant_loaded: { isDurable: true, isLogged: false, isInTables: true },
  seeds_drawn: { isDurable: true, isLogged: false, isInTables: true },
  block_played: { isDurable: true, isLogged: false, isInTables: true },
  comparison_stopped: { isDurable: true, isLogged: false, isInTables: true },
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

/** Whether a journal resolves only when this event is on the disk. */
export function isDurable({ type }: { readonly type: RecordedEventType }): boolean {
  return EVENT_TABLE[type].isDurable;
}
