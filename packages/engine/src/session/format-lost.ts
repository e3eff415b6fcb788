/** Episodes that were lost to faults of the environment, in words. */

import { formatQuantity } from '@policybook/protocol';

/** Says how many of all episodes were lost, and to what: "3 of 600 episodes lost: ValueError in line 22: …". */
export function formatLost(lost: number, all: number, fault: string): string {
  return `${lost} of ${formatQuantity(all, 'episode')} lost${fault === '' ? '' : `: ${fault}`}`;
}
