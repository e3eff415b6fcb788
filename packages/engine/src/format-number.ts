/** Numbers in messages for people. */

import { formatNumeral } from '@policybook/protocol';

/** Formats a number with four digits: a message is read, not computed with. */
export function formatNumber(value: number): string {
  return formatNumeral(value, 4);
}
