/** An edit that brings back what was taken out: the author may be undoing earlier changes. */
import { formatQuantity } from '@policybook/protocol';
import { requireCandidate } from '../state';
import { createAlarm, type AlarmRule } from './rule';

/** One line may come back by chance. */
const MIN_LINES = 2;

/** Raises an alarm where a new head brings back several lines that an earlier one dropped. */
export const checkReaddedLines: AlarmRule = (event, state) => {
  if (event.type !== 'head_changed') return [];
  const { id, readded } = requireCandidate(state, event.candidate);
  if (readded === null || readded.count < MIN_LINES) return [];
  const message =
    `@${id} brings back ${formatQuantity(readded.count, 'line')} that earlier heads had and later ones dropped, such as ` +
    `“${readded.first}”, which @${readded.droppedBy} dropped: the author may be undoing earlier changes.`;
  return [createAlarm('lines_readded', id, message)];
};
