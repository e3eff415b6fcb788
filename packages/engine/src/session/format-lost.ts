/** Episodes that were lost to faults of the environment, in words. */

/** The words by which a sentence is known that says it. */
export const LOST_WORDS = ' episodes lost';

/** Says how many of all episodes were lost, and to what: "3 of 600 episodes lost: ValueError in line 22: …". */
export function formatLost(lost: number, all: number, fault: string): string {
  return `${lost} of ${all}${LOST_WORDS}${fault === '' ? '' : `: ${fault}`}`;
}
