/**
 * `episodes/HASH.jsonl`: for each episode that a policy has played, how it ended and what happened along it, and its
 * trajectory hashes, so that a replay can name the step at which it differs. None of it stands in the record, which has the
 * returns: opening a run needs none of it, and it is most of a run's bytes.
 */
import { appendFile, readFile, stat } from 'node:fs/promises';
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

/** Files whose episodes are kept in memory, of about 1 KB an episode: a prompt looks at so many policies. */
const MAX_FILES_IN_MEMORY = 16;

/** Reads the episodes of one run again and again: a file that has not changed since is not parsed again. */
export class EpisodeReader {
  private readonly known = new Map<string, { version: string; episodes: ReadonlyMap<number, KeptEpisode> }>();

  constructor(private readonly folder: string) {}

  /** What `readEpisodes` returns. */
  async read(hash: string): Promise<ReadonlyMap<number, KeptEpisode>> {
    // What is appended while the file is read has another version.
    const version = await readVersion(nameFile(this.folder, hash));
    const known = this.known.get(hash);
    this.known.delete(hash);
    const episodes = known?.version === version ? known.episodes : await readEpisodes(this.folder, hash);
    if (version !== null) this.known.set(hash, { version, episodes });
    const [oldest] = this.known.keys();
    if (this.known.size > MAX_FILES_IN_MEMORY && oldest !== undefined) this.known.delete(oldest);
    return episodes;
  }
}

/** What changes with a file; `null` where there is none. */
async function readVersion(path: string): Promise<string | null> {
  try {
    const found = await allowAbsent(stat(path, { bigint: true }));
    return found === null ? null : `${found.ino} ${found.size} ${found.mtimeNs}`;
  } catch (error) {
    throw toStoreError(error, path);
  }
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
