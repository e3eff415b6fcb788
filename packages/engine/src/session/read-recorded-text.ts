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
  if (hashPolicy(text) === hash) return text;
  const advice = 'undo the change, and keep yours in a file of another name';
  throw new StoppedError('failed', `policies/${policy} was changed after the ${writer} wrote it: ${advice}`);
}
