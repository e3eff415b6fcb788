/**
 * `episodes/HASH.jsonl`: for each episode that a policy has played, its trajectory hashes, so that a replay can name the
 * step at which it differs. They do not stand in the record: opening a run needs none of them, and they are most of its bytes.
 */
import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { trajectoryHashes } from '@policybook/protocol';
import { type FollowedEpisode } from '@policybook/engine';
import { z } from 'zod';
import { makeFolderWithin, allowAbsent } from './files';
import { toStoreError } from './store-error';

const line = z.object({ seed: z.int(), steps: z.int().positive(), trajectoryHashes });

/** Appends what a replay compares with; `hash` is that of the policy's text. Rejects with a `StoreError`. */
export async function keepEpisodes(
  folder: string,
  hash: string,
  episodes: readonly FollowedEpisode[],
): Promise<void> {
  const path = nameFile(folder, hash);
  // The line break comes first: what a kill has cut short spoils no line after it. The seed comes next: it is looked for.
  const text = episodes.map(({ seed, ...rest }) => `\n${JSON.stringify({ seed, ...rest })}`).join('');
  try {
    await makeFolderWithin(folder, 'episodes');
    await appendFile(path, text);
  } catch (error) {
    throw toStoreError(error, path);
  }
}

/** The policy's episode on a seed; `null` where nothing was kept of it, as in runs of earlier versions. */
export async function readEpisode(
  folder: string,
  hash: string,
  seed: number,
): Promise<FollowedEpisode | null> {
  const text = await allowAbsent(readFile(nameFile(folder, hash), 'utf8'));
  const found = text?.split('\n').findLast((each) => each.startsWith(`{"seed":${seed},`));
  if (found === undefined) return null;
  try {
    return line.parse(JSON.parse(found));
  } catch {
    return null;
  }
}

function nameFile(folder: string, hash: string): string {
  return join(folder, 'episodes', `${hash.slice(0, 16)}.jsonl`);
}
