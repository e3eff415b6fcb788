/**
 * The folder that holds the subkernels' sockets and connection files. Any user who can enter it can run code, so that
 * only its owner can.
 */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PREFIX = 'policybook-';

/** Creates the folder, with mode 0700 (mkdtemp's own). Its name carries the kernel's pid, see {@link removeAbandonedFolders}. */
export function createRuntimeFolder(): string {
  return mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`));
}

/** Where the user's Python requests policybook cells; Windows has named pipes in a place of their own. */
export function makeCellRequestsPath(folder: string): string {
  return process.platform === 'win32'
    ? `\\\\.\\pipe\\policybook-${process.pid}-${randomUUID()}`
    : join(folder, 'requests');
}

/** Removes the folder with all that is in it; one that is gone already is no error. */
export function removeRuntimeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

/** Removes folders of kernels that were killed before they could tidy up. */
export function removeAbandonedFolders(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = Number(/^policybook-(\d+)-\w{6}$/.exec(name)?.[1] ?? Number.NaN);
    if (Number.isNaN(pid) || isAlive(pid)) continue;
    try {
      removeRuntimeFolder(join(tmpdir(), name));
    } catch {
      // It is another user's.
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}
