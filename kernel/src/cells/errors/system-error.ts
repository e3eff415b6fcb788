/** Errors of the file system and of run folders, as cells word them. */
import { StoreError } from '@policybook/store';
import { refuse, type CellResult } from './cell-failure';

/** Reads the system's code of an error, such as ENOENT; `null` for an error that is not the system's. */
export function readSystemCode(error: unknown): string | null {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : null;
}

const SYSTEM_WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'does not exist, because a part of it is a file and no folder',
  EACCES: 'cannot be read: this user has no permission',
  EPERM: 'cannot be read: this user has no permission',
  EISDIR: 'is a folder and no file',
};

/** Says that a path of a cell cannot be read, and where paths start. */
export function formatUnreadablePath(path: string, folder: string, error: unknown): string {
  const code = readSystemCode(error);
  const words = (code === null ? undefined : SYSTEM_WORDS[code]) ?? 'cannot be read';
  return `${path} ${words}; paths start at ${folder}`;
}

/** Does the work of a cell. A folder that cannot be read or written, or that lacks a file, ends the cell in words. */
export async function refuseStoreErrors<T>(work: () => Promise<CellResult<T>>): Promise<CellResult<T>> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof StoreError) return refuse('RunError', error.message, [`code: ${error.code}`]);
    throw error;
  }
}
