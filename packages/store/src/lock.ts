/**
 * One kernel writes a run: a file made exclusively, which says who holds it. Node has no flock, and flock does not
 * reach across all network homes; a holder that died is found by its pid and start time.
 */
import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname } from 'node:path';
import { allowAbsent } from './files';
import { mayLive, processIdentity, identifyThisProcess, type ProcessIdentity } from './process-identity';
import { StoreError, readSystemCode } from './store-error';

/** The lock of one folder, held. */
export class FolderLock {
  private constructor(
    private readonly path: string,
    private readonly text: string,
  ) {}

  /** Takes the lock, or rejects with `run_locked`; a dead holder's lock is taken over. */
  static async take(path: string): Promise<FolderLock> {
    const text = JSON.stringify({ ...(await identifyThisProcess()), token: randomUUID() });
    for (;;) {
      if (await makeLock(path, text)) return new FolderLock(path, text);
      const found = await allowAbsent(readFile(path, 'utf8'));
      if (found === null) continue;
      const holder = readIdentity(found);
      if (holder === null || (await mayLive(holder))) throw createLockedError(path, holder);
      await removeStale(path, found);
    }
  }

  /** Where the lock is after its folder was renamed. */
  moveTo(path: string): FolderLock {
    return new FolderLock(path, this.text);
  }

  /** Rejects with `lock_lost` when another process or a person took it away. */
  async check(): Promise<void> {
    const found = await allowAbsent(readFile(this.path, 'utf8'));
    if (found === this.text) return;
    const holder = found === null ? null : readIdentity(found);
    const by = holder === null ? 'it was removed' : `now held by ${formatHolder(holder)}`;
    throw new StoreError(
      'lock_lost',
      `the lock ${this.path} is lost (${by}); nothing more is written to the record`,
    );
  }

  /** Removes the lock where it is still this one; idempotent. */
  async release(): Promise<void> {
    const found = await allowAbsent(readFile(this.path, 'utf8'));
    if (found === this.text) await rm(this.path, { force: true });
  }
}

/** Makes the lock with its text at once, so that an empty one is never read. */
async function makeLock(path: string, text: string): Promise<boolean> {
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, text, { flag: 'wx' });
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    const code = readSystemCode(error) ?? '';
    if (code === 'EEXIST') return false;
    if (!['EPERM', 'ENOTSUP', 'ENOSYS'].includes(code)) throw error;
    return await makeLockWithoutLinks(path, text);
  } finally {
    await rm(draft, { force: true });
  }
}

/** Takes the lock without hard links, which FAT and some network file systems do not have. */
async function makeLockWithoutLinks(path: string, text: string): Promise<boolean> {
  try {
    await writeFile(path, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if (readSystemCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Another kernel may take the same stale lock over meanwhile; what it made is put back. */
async function removeStale(path: string, stale: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  if ((await allowAbsent(rename(path, aside).then(() => true))) === null) return;
  if ((await readFile(aside, 'utf8')) !== stale) await link(aside, path);
  await rm(aside, { force: true });
}

function readIdentity(text: string): ProcessIdentity | null {
  try {
    return processIdentity.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

function isThisProcess({ pid, host }: ProcessIdentity): boolean {
  return pid === process.pid && host === hostname();
}

function formatHolder(holder: ProcessIdentity): string {
  return isThisProcess(holder) ? 'this kernel' : `process ${holder.pid} on ${holder.host}`;
}

function createLockedError(path: string, holder: ProcessIdentity | null): StoreError {
  const who = holder === null ? 'a process that left no name' : formatHolder(holder);
  const detail = { path, pid: holder?.pid ?? null, host: holder?.host ?? null };
  const remedy =
    holder !== null && isThisProcess(holder)
      ? 'wait for the cell that does so, or stop it (%wait and %stop where it is in the background)'
      : `stop it there, choose another name, remove ${path} if it no longer runs, or start this kernel with POLICYBOOK_RUNS set to a folder of this notebook's own`;
  return new StoreError(
    'run_locked',
    `${basename(dirname(path))} is being written by ${who}; ${remedy}`,
    detail,
  );
}
