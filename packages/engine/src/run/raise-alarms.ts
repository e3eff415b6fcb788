/** How alarms are raised: after each event that brings a score, before anything builds on it. */
import { findNewAlarms } from '../alarms';
import type { ScoredEvent } from '../alarms/rule';
import type { RunContext } from './context';

/** Records the alarms that `event`, recorded before, gives cause for. */
export async function raiseAlarms(context: RunContext, event: ScoredEvent): Promise<void> {
  const alarms = findNewAlarms(event, context.log.state);
  await context.log.recordOrReplay(alarms.length, ['alarm_raised'], () => Promise.resolve(alarms));
}
