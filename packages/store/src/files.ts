/** Files that are there whole or not at all. */
import { randomUUID } from 'node:crypto';
import { access, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createFolderLostError, readSystemCode } from './store-error';

/** Makes a folder and the missing ones above it. Rejects with the system's error that says what is the matter. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    if (readSystemCode(error) !== 'ENOENT') throw error;
    // Node says so of a file system that is read-only; asked for one folder, it says what is the matter.
    await mkdir(await findFirstMissing(path));
    throw error;
  }
}

/**
 * Makes the folder `name` in a run's or a comparison's folder, and returns its path. Rejects with `record_lost` where that
 * folder was removed: made again, it would pass for one of its own.
 */
export async function makeFolderWithin(folder: string, name: string): Promise<string> {
  const path = join(folder, name);
  try {
    await mkdir(path);
  } catch (error) {
    const code = readSystemCode(error);
    if (code === 'ENOENT') throw createFolderLostError(folder);
    if (code !== 'EEXIST') throw error;
  }
  return path;
}

async function findFirstMissing(path: string): Promise<string> {
  const above = dirname(path);
  return above === path || (await isPathThere(above)) ? path : findFirstMissing(above);
}

/** Whether there is a file or a folder at `path`. */
export async function isPathThere(path: string): Promise<boolean> {
  return (await allowAbsent(access(path).then(() => true))) !== null;
}

/** Replaces or makes a file through a temporary one next to it; durable when it resolves. */
export async function writeWhole(path: string, text: string | Buffer): Promise<void> {
  const temporary = join(dirname(path), `.${randomUUID()}.tmp`);
  try {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Makes a rename in this folder durable, where the system has a notion of it. */
export async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch (error) {
    // Windows cannot open folders, some network file systems cannot sync them.
    if (!['EISDIR', 'EPERM', 'EINVAL', 'ENOTSUP', 'EACCES'].includes(readSystemCode(error) ?? ''))
      throw error;
  }
}

/** The system's codes for a file that is not there, or whose folder is a file. */
export const ABSENCE_CODES: readonly string[] = ['ENOENT', 'ENOTDIR'];

/** The result of reading a file, or `null` when there is no such file, or a file stands where its folder should be. */
export async function allowAbsent<T>(read: Promise<T>): Promise<T | null> {
  try {
    return await read;
  } catch (error) {
    if (ABSENCE_CODES.includes(readSystemCode(error) ?? '')) return null;
    throw error;
  }
}
