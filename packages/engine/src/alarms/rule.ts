/** The rules by which a score becomes suspect: a rule looks at what just happened and at all that is known. */
import type { Alarm, CandidateId } from '../events';
import type { EventOf, RunState } from '../state';

/** Events that bring a score. */
export type ScoredEvent = EventOf<
  | 'candidate_raced'
  | 'head_changed'
  | 'head_measured'
  | 'challenger_compared'
  | 'champion_promoted'
  | 'constants_jittered'
  | 'proxy_checked'
>;

/** A rule: the alarms that an event gives cause for. `state` includes the event and the promotion that followed it. */
export type AlarmRule = (event: ScoredEvent, state: RunState) => Alarm[];

/** Creates the event that raises an alarm about one candidate; `message` is for people. */
export function createAlarm(code: Alarm['code'], candidate: CandidateId, message: string): Alarm {
  return { type: 'alarm_raised', code, candidate, message };
}
