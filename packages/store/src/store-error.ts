/** What can go wrong with a run folder, a value when opening and a rejection of a journal under way. */
import type { Failure, Json, Result } from '@policybook/protocol';

/** The failures of this package, for programs. */
export type StoreCode =
  /** Another kernel writes this run; `detail` names it. */
  | 'run_locked'
  /** The lock was taken away, as network homes and people do. */
  | 'lock_lost'
  /** The record, or its whole folder, was removed or changed by something else while it was written. */
  | 'record_lost'
  | 'read_only'
  | 'disk_full'
  /** The record fails its own check; `detail` has the line. */
  | 'record_broken'
  /** Another version of policybook wrote the folder in another format. */
  | 'other_format'
  | 'no_such_run'
  /** The record names a policy whose file is not in the folder. */
  | 'policy_missing'
  /** The file of a policy holds another text than the run wrote. */
  | 'policy_changed'
  | 'bad_name'
  | 'io_error';

/** A failure of this package on its way to where it becomes a value. */
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

  /** The same as a value. */
  get failure(): Failure {
    return { ok: false, code: this.code, message: this.message, detail: this.detail };
  }
}

/** Creates the failure of a writer whose folder was removed under it. */
export function createFolderLostError(path: string): StoreError {
  return new StoreError(
    'record_lost',
    `${path} was removed while it was being written; nothing more is written, and what had been recorded went with the folder. Put it back from a copy to go on, or run the cell again to begin again`,
    { path },
  );
}

const STORE_CODES = new Map<string, StoreCode>([
  ['EROFS', 'read_only'],
  ['EACCES', 'read_only'],
  ['EPERM', 'read_only'],
  ['ENOSPC', 'disk_full'],
  ['EDQUOT', 'disk_full'],
  // A limit on the size of files, as batch systems set.
  ['EFBIG', 'disk_full'],
]);

const SENTENCES: Partial<Record<StoreCode, string>> = {
  read_only:
    'cannot be written: the folder is read-only for this user; runs go to another one where the kernel starts with POLICYBOOK_RUNS set to it',
  disk_full:
    'cannot be written: the disk, the quota or a limit on file sizes is reached; nothing recorded so far is lost',
};

/** What the system's codes say of a path, as the words behind it. */
const SYSTEM_WORDS = new Map<string, string>([
  ['ENOENT', 'does not exist'],
  ['ENOTDIR', 'does not exist, because a part of it is a file and no folder'],
  ['EISDIR', 'is a folder and no file'],
  ['EEXIST', 'exists already'],
  ['ENOTEMPTY', 'is a folder that is not empty'],
  ['ELOOP', 'cannot be opened: its symbolic links lead in a circle'],
  ['ENAMETOOLONG', 'cannot be opened: its name is longer than the file system takes'],
  ['EINVAL', 'cannot be used: the file system does not take this name, or cannot do this with it'],
  ['EMFILE', 'cannot be opened: the kernel has as many files open as it may'],
  ['ENFILE', 'cannot be opened: the system has as many files open as it may'],
  ['EIO', 'cannot be read or written: the disk or the network reports an error'],
  ['EBUSY', 'cannot be used now: the system is using it'],
  ['EXDEV', 'cannot be moved: it lies on another file system'],
]);

/** Says in words what an error of the system says of a path; `null` for other errors, and for codes without words here. */
export function describeSystemError(error: unknown): string | null {
  return SYSTEM_WORDS.get(readSystemCode(error) ?? '') ?? null;
}

/** The system's errors in this package's words; others pass through unchanged. */
export function toStoreError(error: unknown, path: string): unknown {
  const system = readSystemCode(error);
  if (error instanceof StoreError || system === null) return error;
  const code = STORE_CODES.get(system) ?? 'io_error';
  const words = SENTENCES[code] ?? describeSystemError(error) ?? `cannot be used (${system})`;
  return new StoreError(code, `${path} ${words}`, { path, system }, { cause: error });
}

/** Runs `work` and returns its value, or what went wrong with `path` as a failure; other errors are rejections. */
export async function catchStoreErrors<T>(path: string, work: () => Promise<T>): Promise<Result<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    const known = toStoreError(error, path);
    if (known instanceof StoreError) return known.failure;
    throw known;
  }
}

/** Node's code for a failed system call, e.g. ENOENT; `null` for other errors. */
export function readSystemCode(error: unknown): string | null {
  // Not `instanceof Error`: a worker's or a test runner's realm has an Error of its own.
  const code: unknown = typeof error === 'object' && error !== null && 'code' in error ? error.code : null;
  return typeof code === 'string' && /^E[A-Z0-9]+$/.test(code) ? code : null;
}
