/** What can go wrong with a run folder, as values when opening and as rejections of a journal under way. */
import type { Failure, Json } from '@policybook/protocol';

export type StoreCode =
  /** Another kernel writes this run; `detail` names it. */
  | 'run_locked'
  /** The lock was taken away, as network homes and people do. */
  | 'lock_lost'
  | 'read_only'
  | 'disk_full'
  /** The record fails its own check; `detail` has the line. */
  | 'record_broken'
  | 'no_such_run'
  | 'bad_name'
  | 'io_error';

export class StoreError extends Error {
  override readonly name = 'StoreError';

  constructor(
    readonly code: StoreCode,
    message: string,
    readonly detail: Json = null,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  get failure(): Failure {
    return { ok: false, code: this.code, message: this.message, detail: this.detail };
  }
}

const codes = new Map<string, StoreCode>([
  ['EROFS', 'read_only'],
  ['EACCES', 'read_only'],
  ['EPERM', 'read_only'],
  ['ENOSPC', 'disk_full'],
  ['EDQUOT', 'disk_full'],
  // A limit on the size of files, as batch systems set.
  ['EFBIG', 'disk_full'],
]);

const advice: Partial<Record<StoreCode, string>> = {
  read_only: 'cannot be written: the folder is read-only for this user',
  disk_full:
    'cannot be written: the disk, the quota or a limit on file sizes is reached; nothing recorded so far is lost',
};

/** The system's errors in this package's words; others pass through unchanged. */
export function asStoreError(error: unknown, path: string): unknown {
  const system = systemCode(error);
  if (error instanceof StoreError || system === null) return error;
  const code = codes.get(system) ?? 'io_error';
  return new StoreError(
    code,
    `${path} ${advice[code] ?? `failed with ${system}`}`,
    { path, system },
    { cause: error },
  );
}

/** Node's code for a failed system call, e.g. ENOENT; `null` for other errors. */
export function systemCode(error: unknown): string | null {
  // Not `instanceof Error`: a worker's or a test runner's realm has an Error of its own.
  const code: unknown = typeof error === 'object' && error !== null && 'code' in error ? error.code : null;
  return typeof code === 'string' && /^E[A-Z0-9]+$/.test(code) ? code : null;
}
