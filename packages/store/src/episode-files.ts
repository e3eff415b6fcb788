/**
 * `episodes/HASH.jsonl`: for each episode that a policy has played, how it ended and what happened along it, and its
 * trajectory hashes, so that a replay can name the step at which it differs. None of it stands in the record, which has the
 * returns: opening a run needs none of it, and it is most of a run's bytes.
 */
import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { episodeCourse, trajectoryHashes } from '@policybook/protocol';
import type { KeptEpisode } from '@policybook/engine';
import { z } from 'zod';
import { makeFolderWithin, allowAbsent } from './files';
import { toStoreError } from './store-error';

/** Earlier versions kept neither ending nor course. */
const line = z.object({
  seed: z.int(),
  steps: z.int().positive(),
  ending: z.enum(['terminated', 'truncated']).exactOptional(),
  course: episodeCourse.exactOptional(),
  trajectoryHashes,
});

/** Appends what is kept of episodes; `hash` is that of the policy's text. Rejects with a `StoreError`. */
export async function keepEpisodes(
  folder: string,
  hash: string,
  episodes: readonly KeptEpisode[],
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

/** The policy's episode on a seed; `null` where nothing was kept of it. */
export async function readEpisode(folder: string, hash: string, seed: number): Promise<KeptEpisode | null> {
  const lines = await readLines(folder, hash);
  const found = lines.findLast((each) => each.startsWith(`{"seed":${seed},`));
  return found === undefined ? null : readLine(found);
}

/** What is kept of a policy's episodes, by their seeds; one that was played again stands once, as it was last. */
export async function readEpisodes(folder: string, hash: string): Promise<ReadonlyMap<number, KeptEpisode>> {
  const lines = await readLines(folder, hash);
  const episodes = lines.map(readLine).filter((episode) => episode !== null);
  return new Map(episodes.map((episode) => [episode.seed, episode]));
}

async function readLines(folder: string, hash: string): Promise<string[]> {
  const path = nameFile(folder, hash);
  try {
    return (await allowAbsent(readFile(path, 'utf8')))?.split('\n') ?? [];
  } catch (error) {
    throw toStoreError(error, path);
  }
}

/** Reads a line; `null` for one that a kill has cut short. */
function readLine(text: string): KeptEpisode | null {
  try {
    return line.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

function nameFile(folder: string, hash: string): string {
  return join(folder, 'episodes', `${hash.slice(0, 16)}.jsonl`);
}
