/** How the text of a policy comes back from its folder, in which people may have changed it. */
import { hashPolicy } from '../audit/seeds';
import type { Journal } from '../ports';
import { StoppedError } from './stopped';

/**
 * Reads a kept text of which the record has the SHA-256. Throws `StoppedError` where the file holds another text, which
 * must not go on under the recorded name. `writer` is what wrote the file, for people.
 */
export async function readRecordedText(
  journal: Pick<Journal, 'readPolicy'>,
  { policy, hash }: { readonly policy: string; readonly hash: string },
  writer: 'run' | 'comparison',
): Promise<string> {
  const text = await journal.readPolicy(policy);
  const change = findTextChange(text, { policy, hash }, writer);
  if (change !== null) throw new StoppedError('failed', change);
  return text;
}

/** Says that a text is not the one that was recorded under the file name `policy`, and what to do; `null` where it is. */
export function findTextChange(
  text: string,
  { policy, hash }: { readonly policy: string; readonly hash: string },
  writer: 'run' | 'comparison',
): string | null {
  if (hashPolicy(text) === hash) return null;
  const advice = 'undo the change, and keep yours in a file of another name';
  return `policies/${policy} was changed after the ${writer} wrote it: ${advice}`;
}
