/**
 * `traces/HASH.json`: episodes that were traced, by the hash of what they follow from. It is a cache: it may be deleted, the
 * oldest are removed as others come, and a folder that cannot be written to, or a file that cannot be read, is in no one's way.
 */
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { keptTrace, type KeptTrace, type TraceCache } from '@policybook/engine';
import { makeFolderWithin, writeWhole } from './files';

/** The most traces that a run's folder keeps, of about 60 KB each. */
export const MAX_TRACES = 64;
/** The most bytes of a trace that is kept. */
const MAX_TRACE_BYTES = 1_000_000;
const TRACES_FOLDER = 'traces';
/** The hexadecimal digits of a hash that name its file. */
const NAME_DIGITS = 32;

/** The traces in one run's folder. */
export class TraceFiles implements TraceCache {
  /** `folder` is the run's; the folder of traces is made with the first of them. */
  constructor(private readonly folder: string) {}

  /** See `TraceCache`. */
  async find(key: string): Promise<KeptTrace | null> {
    try {
      const parsed = keptTrace.safeParse(JSON.parse(await readFile(this.locateFile(key), 'utf8')));
      return parsed.success ? parsed.data : null;
    } catch {
      return null;
    }
  }

  /** See `TraceCache`. */
  async keep(key: string, trace: KeptTrace): Promise<void> {
    const text = JSON.stringify(trace);
    if (Buffer.byteLength(text) > MAX_TRACE_BYTES) return;
    try {
      const folder = await makeFolderWithin(this.folder, TRACES_FOLDER);
      await writeWhole(this.locateFile(key), text);
      await removeOldest(folder);
    } catch {
      // A run that is only read, as from a course's folder, is traced again next time.
    }
  }

  private locateFile(key: string): string {
    return join(this.folder, TRACES_FOLDER, `${key.slice(0, NAME_DIGITS)}.json`);
  }
}

async function removeOldest(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json'));
  if (names.length <= MAX_TRACES) return;
  const files = await Promise.all(
    names.map(async (name) => ({ name, written: (await stat(join(folder, name))).mtimeMs })),
  );
  files.sort((a, b) => a.written - b.written || (a.name < b.name ? -1 : 1));
  await Promise.all(
    files.slice(0, names.length - MAX_TRACES).map(({ name }) => rm(join(folder, name), { force: true })),
  );
}
