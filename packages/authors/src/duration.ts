/** Durations in words. */
import { formatQuantity } from '@policybook/protocol';

/** Formats as "90 seconds" or "30 minutes", in the largest of both that is whole. */
export function formatDuration(seconds: number): string {
  return seconds < 120 || seconds % 60 !== 0
    ? formatQuantity(seconds, 'second')
    : formatQuantity(seconds / 60, 'minute');
}
