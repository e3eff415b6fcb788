/** Which events must be on the disk before anything goes on: one row for every kind of event, of runs and comparisons. */
import type { ComparisonEvent } from './comparison/events';
import type { RunEvent } from './events';

/** The type of any event that is recorded. */
export type RecordedEventType = (RunEvent | ComparisonEvent)['type'];

/**
 * Answers that were paid for and decisions that people rely on are durable; what can be computed again is not. All of a
 * comparison's events are: there are few, and each took many episodes.
 */
const DURABLE: Readonly<Record<RecordedEventType, boolean>> = {
  run_declared: true,
  author_answered: true,
  author_failed: true,
  candidate_proposed: false,
  actions_compared: false,
  candidate_rejected: false,
  candidate_raced: false,
  challenger_compared: true,
  champion_promoted: true,
  tuner_finished: false,
  simplifier_finished: false,
  constants_jittered: false,
  proxy_checked: false,
  alarm_raised: false,
  recomputed_differently: false,
  audited: true,
  run_stopped: true,
  comparison_declared: true,
  contestant_loaded: true,
  seeds_drawn: true,
  block_played: true,
  comparison_stopped: true,
};

/** Whether a journal resolves only when this event is on the disk. */
export function isDurable({ type }: { readonly type: RecordedEventType }): boolean {
  return DURABLE[type];
}
