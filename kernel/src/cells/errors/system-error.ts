/** Errors of the file system and of run folders, as cells word them. */
import { describeSystemError, StoreError, toStoreError } from '@policybook/store';
import { refuse, type CellResult } from './cell-failure';

/** Reads the system's code of an error, such as ENOENT; `null` for an error that is not the system's. */
export function readSystemCode(error: unknown): string | null {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : null;
}

/** Says that a path of a cell cannot be read, and where paths start. */
export function formatUnreadablePath(path: string, folder: string, error: unknown): string {
  return `${path} ${findUnreadableWords(error)}; paths start at ${folder}`;
}

function findUnreadableWords(error: unknown): string {
  const code = readSystemCode(error);
  if (code === 'EACCES' || code === 'EPERM') return 'cannot be read: this user has no permission';
  return describeSystemError(error) ?? 'cannot be read';
}

/** Does the work of a cell. A folder that cannot be read or written, or that lacks a file, ends the cell in words. */
export async function refuseStoreErrors<T>(work: () => Promise<CellResult<T>>): Promise<CellResult<T>> {
  try {
    return await work();
  } catch (error) {
    const path = readErrorPath(error);
    const known = path === null ? error : toStoreError(error, path);
    if (known instanceof StoreError) return refuse('RunError', known.message, [`code: ${known.code}`]);
    throw error;
  }
}

/** Reads the path that a system's error is about; `null` for an error that is about none. */
function readErrorPath(error: unknown): string | null {
  return typeof error === 'object' && error !== null && 'path' in error && typeof error.path === 'string'
    ? error.path
    : null;
}
