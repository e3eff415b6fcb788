/** Durations in words. */
import { formatQuantity } from '@policybook/protocol';

/** Formats as "90 seconds" or "30 minutes". */
export function formatDuration(seconds: number): string {
  return seconds < 120
    ? formatQuantity(seconds, 'second')
    : formatQuantity(Math.round(seconds / 60), 'minute');
}
