/** Raising alarms: after each event that brings a score, before anything builds on it. */
import { newAlarms } from '../alarms';
import type { ScoredEvent } from '../alarms/rule';
import type { Context } from './context';

export async function raiseAlarms(context: Context, event: ScoredEvent): Promise<void> {
  const alarms = newAlarms(event, context.ledger.state);
  await context.ledger.barrier(alarms.length, ['alarm_raised'], () => Promise.resolve(alarms));
}
