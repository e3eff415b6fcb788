/**
 * What the actions of episodes hash to, as events have it: 8 hexadecimal digits an episode, one after the other, and
 * dashes for an episode that failed. One text and not a list of many, because opening a long record takes half as long.
 */
import { z } from 'zod';

const HASH_DIGITS = 8;

/** What stands for the hash of an episode that the policy failed in. */
export const FAILED_ACTIONS_HASH = '-'.repeat(HASH_DIGITS);

/** Schema of the hashes of several episodes, one after the other. */
export const actionHashes = z.string().regex(/^([0-9a-f]{8}|-{8})*$/);

/** Cuts the evaluator's longer hash to the digits that events have. */
export function shortenHash(actionHash: string): string {
  return actionHash.slice(0, HASH_DIGITS);
}

/** Splits the hashes of several episodes, in their order. */
export function readActionHashes(text: string): string[] {
  return text.match(new RegExp(`.{${HASH_DIGITS}}`, 'g')) ?? [];
}
