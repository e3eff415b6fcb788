/**
 * A folder that a record stands in, a run's or a comparison's: opened by name or for adding to it, read without
 * writing, listed. Everything that the two kinds have in common.
 */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { findTextChange, type Clocks } from '@policybook/engine';
import type { Result } from '@policybook/protocol';
import { allowAbsent, isPathThere, makeFolderWithin, writeWhole } from './files';
import type { MeasuredClocks, RecordedEvent } from './line';
import { FolderLock } from './lock';
import {
  LOCK_FILE,
  openNamed,
  type FolderDeclaration,
  type FolderKind,
  type ReplacedFolder,
} from './named-folder';
import { readClocks, readRecord, RecordWriter, type RecordKind, type UnreadableRecord } from './record';
import { toStoreError, StoreError, catchStoreErrors } from './store-error';

/** A folder open for writing; the caller closes it. */
export class RecordedFolder<E extends object> {
  /** `path` is the folder's; `writer` is that of its record and holds the folder's lock. */
  constructor(
    readonly path: string,
    private readonly writer: RecordWriter<E>,
  ) {}

  /** Appends an event, as `RecordWriter.append` does. */
  append(event: E, clocks: MeasuredClocks): Promise<void> {
    return this.writer.append(event, clocks);
  }

  /** Writes a policy's text once, as `policies/NNNN-HASH.py`, and returns its file name. */
  async keepPolicy(number: number, hash: string, source: string): Promise<string> {
    const name = `${String(number).padStart(4, '0')}-${hash.slice(0, 8)}.py`;
    const path = join(this.path, 'policies', name);
    try {
      if ((await allowAbsent(readFile(path, 'utf8'))) === source) return name;
      await makeFolderWithin(this.path, 'policies');
      await writeWhole(path, source);
    } catch (error) {
      throw toStoreError(error, path);
    }
    return name;
  }

  /** Reads the text kept under a file name, whatever it is by now; rejects with `policy_missing` where there is none. */
  readPolicy(name: string): Promise<string> {
    return readKeptText(this.path, name);
  }

  /** Closes the record and lets others write; idempotent. */
  close(): Promise<void> {
    return this.writer.close();
  }
}

/** How a record names the text of a policy: its file in `policies/`, and the SHA-256 of what was written there. */
export interface RecordedPolicy {
  readonly policy: string;
  readonly hash: string;
}

/**
 * Reads the text of a policy from the folder of its run as the run wrote it. Rejects with `policy_missing` where there is
 * no such file, and with `policy_changed` where it holds another text: scores and claims are of the recorded one.
 */
export async function readPolicy(folder: string, recorded: RecordedPolicy): Promise<string> {
  const text = await readKeptText(folder, recorded.policy);
  const change = findTextChange(text, recorded, 'run');
  if (change === null) return text;
  throw new StoreError('policy_changed', join(folder, change), { path: folder });
}

async function readKeptText(folder: string, name: string): Promise<string> {
  const path = join(folder, 'policies', basename(name));
  const text = await allowAbsent(readFile(path, 'utf8'));
  if (text !== null) return text;
  const advice = 'put it back from a copy or from version control';
  throw new StoreError('policy_missing', `${path} is missing, which the record names; ${advice}`, { path });
}

/** What tells runs and comparisons apart: the record, and what is made of an open folder. */
export interface RecordedFolderKind<E extends object, S, F> extends RecordKind<E, S> {
  readonly kind: FolderKind;
  readonly createFolder: (path: string, writer: RecordWriter<E>) => F;
}

/** An open folder and what earlier sessions wrote to its record. */
export interface OpenedFolder<E, S, F> {
  readonly folder: F;
  readonly lines: readonly RecordedEvent<E>[];
  /** What the lines add up to; `null` for a new folder. */
  readonly state: S | null;
  readonly clocks: Clocks;
  /** What was repaired, for people. */
  readonly repaired: string | null;
}

/** What a cell declares: a name, which becomes the folder's, and settings. */
export interface NamedDeclaration extends FolderDeclaration {
  readonly name: string;
  readonly settings: unknown;
}

/** Opens the folder of a declaration; see `openNamed`. */
export async function openDeclared<E extends object, S, F>(
  root: string,
  kind: RecordedFolderKind<E, S, F>,
  declaration: NamedDeclaration,
): Promise<Result<OpenedFolder<E, S, F> & ReplacedFolder>> {
  const named = await openNamed(root, {
    name: declaration.name,
    kind: kind.kind,
    settings: declaration.settings,
    declaration,
    fill: (path) => writeFile(join(path, kind.file), ''),
    open: (path, lock) => openFolder(path, kind, lock),
  });
  if (!named.ok) return named;
  const { opened, ...earlier } = named.value;
  return { ok: true, value: { ...opened, ...earlier } };
}

/**
 * Opens a folder that is there, whatever was declared in it, to add to its record. Failures: no_such_run, run_locked,
 * record_broken, other_format, read_only, disk_full.
 */
export function openExisting<E extends object, S, F>(
  path: string,
  kind: RecordedFolderKind<E, S, F>,
): Promise<Result<OpenedFolder<E, S, F>>> {
  return catchStoreErrors(path, async () => {
    if (!(await isPathThere(join(path, kind.file))))
      throw new StoreError('no_such_run', `there is no ${kind.kind} in ${path}`);
    const lock = await FolderLock.take(join(path, LOCK_FILE));
    try {
      // The record is read behind the lock: until it was taken, another kernel may have written.
      return await openFolder(path, kind, lock);
    } catch (error) {
      await lock.release();
      throw error;
    }
  });
}

/** Opens a folder whose `lock` is held; the lock becomes the opened folder's. */
async function openFolder<E extends object, S, F>(
  path: string,
  kind: RecordedFolderKind<E, S, F>,
  lock: FolderLock,
): Promise<OpenedFolder<E, S, F>> {
  const { writer, record, repaired } = await RecordWriter.open(join(path, kind.file), kind, lock);
  return {
    folder: kind.createFolder(path, writer),
    lines: record.lines,
    state: record.state,
    clocks: readClocks(record),
    repaired,
  };
}

/** A record as it was read, without writing. */
export interface StoredFolder<E, S> {
  /** The folder's. */
  readonly path: string;
  readonly lines: readonly RecordedEvent<E>[];
  readonly state: S | null;
  readonly clocks: Clocks;
  /** Why the record cannot be read to its end; `lines` are those before. A torn end is none. */
  readonly unreadable: UnreadableRecord | null;
}

/** Reads a folder's record, also while another kernel writes it; `null` where the folder has none of this kind. */
export async function readFolder<E extends object, S>(
  path: string,
  kind: RecordKind<E, S>,
): Promise<StoredFolder<E, S> | null> {
  const record = await allowAbsent(readRecord(join(path, kind.file), kind.lines));
  if (record === null) return null;
  const { lines, state, unreadable } = record;
  return { path, lines, state, clocks: readClocks(record), unreadable };
}

/** Names of the folders under `root`, hidden ones left out; none where there is no `root`. */
export async function listFolderNames(root: string): Promise<string[]> {
  const entries = (await allowAbsent(readdir(root, { withFileTypes: true }))) ?? [];
  return entries.flatMap((entry) => (entry.isDirectory() && !entry.name.startsWith('.') ? [entry.name] : []));
}
