/**
 * A record, `events.jsonl` of a run or `comparison.jsonl`: read as far as it is sound, its torn end repaired, appended
 * to by one writer.
 */
import type { BigIntStats } from 'node:fs';
import { open, readFile, stat, writeFile, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { FOLDER_FORMAT, combineObservations, type Clocks } from '@policybook/engine';
import { mapClocks } from '@policybook/protocol';
import {
  LineReader,
  buildMeta,
  writeLine,
  type LineFormat,
  type MeasuredClocks,
  type RecordedEvent,
} from './line';
import { ABSENCE_CODES, allowAbsent, isPathThere } from './files';
import type { FolderLock } from './lock';
import { REPEATS_FILE } from './named-folder';
import { createFolderLostError, readSystemCode, toStoreError, StoreError } from './store-error';

/** A kind of record: its file's name, the format of its lines, and which events must not be lost. */
export interface RecordKind<E extends object, S> {
  /** Name of the file within its folder. */
  readonly file: string;
  readonly lines: LineFormat<E, S>;
  /** Whether `append` waits until the event is on the disk. */
  readonly isDurable: (event: E) => boolean;
}

/** Why a record cannot be read to its end, with a sentence for people that says what can be done. */
export interface UnreadableRecord {
  /** `other_format`: another version of policybook wrote it, and nothing of it is read. */
  readonly code: 'record_broken' | 'other_format';
  /** The first line that does not fit, from 1; the lines before it are sound. */
  readonly line: number;
  readonly message: string;
}

/** What was read of a record. */
export interface ReadRecord<E, S> {
  /** The sound lines: all of them, or those before the first that does not fit. */
  readonly lines: readonly RecordedEvent<E>[];
  /** What they add up to; `null` where there are none. */
  readonly state: S | null;
  /** The bytes of the sound lines, without the line break of the last one where that is missing. */
  readonly whole: Buffer;
  /** What follows them: the rest of a write that was cut short. */
  readonly torn: Buffer;
  /** The last line is whole, but its line break is missing. */
  readonly isLineBreakMissing: boolean;
  readonly unreadable: UnreadableRecord | null;
}

/** Reads the record in the file `path`; rejects with the system's error where there is none, else with a `StoreError`. */
export async function readRecord<E, S>(path: string, format: LineFormat<E, S>): Promise<ReadRecord<E, S>> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw ABSENCE_CODES.includes(readSystemCode(error) ?? '') ? error : toStoreError(error, path);
  });
  const reader = new LineReader(format);
  const lines: RecordedEvent<E>[] = [];
  const result = (size: number, rest: Partial<ReadRecord<E, S>> = {}): ReadRecord<E, S> => ({
    ...{ lines, state: reader.state, whole: bytes.subarray(0, size), torn: Buffer.alloc(0) },
    ...{ isLineBreakMissing: false, unreadable: null },
    ...rest,
  });
  for (let start = 0; start < bytes.length;) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline === -1 ? bytes.length : newline;
    const line = bytes.subarray(start, end);
    const read = reader.read(line);
    if (read.ok) {
      lines.push(read.recorded);
      start = end + 1;
      if (newline === -1) return result(bytes.length, { isLineBreakMissing: true });
    } else if (read.reason === 'no_json' && wasCutShort(line, newline === -1, end + 1 >= bytes.length)) {
      const whole = newline === -1 ? findWholeLine(reader, line) : null;
      if (whole === null) return result(start, { torn: bytes.subarray(start) });
      lines.push(whole.recorded);
      const size = start + whole.length;
      return result(size, { torn: bytes.subarray(size), isLineBreakMissing: true });
    } else if (read.reason === 'other_format') {
      const folder = dirname(path);
      const message = formatOtherFormat(folder, read.format, await isReplicate(folder));
      return result(start, { unreadable: { code: 'other_format', line: 1, message } });
    } else {
      const number = lines.length + 1;
      const message = formatBroken(path, number, read.message);
      return result(start, { unreadable: { code: 'record_broken', line: number, message } });
    }
  }
  return result(bytes.length);
}

/** A last line without an end, or filled with zeros, as a file system leaves one whose bytes never came. */
function wasCutShort(line: Buffer, isLineBreakMissing: boolean, isLast: boolean): boolean {
  return isLineBreakMissing || (isLast && line.includes(0));
}

/** A whole line at the beginning of one whose end was damaged: what was acknowledged is kept. */
function findWholeLine<E, S>(
  reader: LineReader<E, S>,
  line: Buffer,
): { readonly recorded: RecordedEvent<E>; readonly length: number } | null {
  const length = line.lastIndexOf('"}') + 2;
  if (length < 2 || length === line.length) return null;
  const read = reader.read(line.subarray(0, length));
  return read.ok ? { recorded: read.recorded, length } : null;
}

/** What was found in the file `path`, what is kept and what can be done. */
function formatBroken(path: string, line: number, reason: string): string {
  const found = `${path}, line ${line}: ${reason}.`;
  const kept = 'Nothing is written to a broken record, so nothing of it is lost.';
  const restore = 'Put the line back from a copy or from version control';
  if (line === 1) return `${found} ${kept} ${restore}, or move the folder away and run the cell again.`;
  const before = line - 1;
  const folder = basename(dirname(path));
  return [
    `${found} What stands before it is sound (${before} of its lines). ${kept}`,
    `${restore};`,
    `or keep a copy of the folder, shorten the file to its sound lines (head -n ${before}) and run the cell again, which goes on from there;`,
    `or learn again from the beginning: \`again: true\` keeps this folder as ${folder}~1.`,
  ].join(' ');
}

/** A folder that gave up its name, or a replicate in one: its name ends in a number that a tilde counts. */
const REPLACED_FOLDER = /~\d+([\\/]\d+)?$/;

/** Whether a run's folder is that of a replicate: the folder that it is in says so, since a run may be called `2`. */
async function isReplicate(folder: string): Promise<boolean> {
  return isPathThere(join(dirname(folder), REPEATS_FILE));
}

/** Why the folder `path` of another format is not read, and what can be done; a replicate stands in the folder of its run. */
export function formatOtherFormat(path: string, format: number, isReplicateFolder: boolean): string {
  const reads = `this version reads format ${FOLDER_FORMAT}. Nothing in the folder was changed.`;
  if (format > FOLDER_FORMAT)
    return `${path} was written by a later version of policybook (run folder of format ${format}); ${reads} Update policybook to open it.`;
  const found = `${path} was written by policybook 0.1 (run folder of format ${format}); ${reads} policybook 0.1 opens it`;
  if (REPLACED_FOLDER.test(path)) return `${found}; nothing else is to be done.`;
  if (!isReplicateFolder)
    return `${found}. Running its cell again makes a new folder of this name and keeps this one under the name with ~1 at its end.`;
  const run = basename(dirname(path));
  return `${found}. Running the cell of ${run} again makes a new folder ${run} and keeps the one there is, with all its replicates, as ${run}~1.`;
}

/** The clocks when the last line was written, and what was noticed with any line. */
export function readClocks(record: Pick<ReadRecord<unknown, unknown>, 'lines'>): Clocks {
  const last = record.lines.at(-1);
  return {
    ...mapClocks((name) => last?.meta[name] ?? 0),
    ...combineObservations(record.lines.map(({ meta }) => meta)),
  };
}

/**
 * Makes a record's end one that can be appended to; returns what was done, for people, or `null`. The torn bytes
 * are kept in a file next to it, because what a broken disk leaves is for people to look at.
 */
async function repairEnd(path: string, record: ReadRecord<unknown, unknown>): Promise<string | null> {
  const { torn, isLineBreakMissing, whole, lines } = record;
  if (torn.length === 0 && !isLineBreakMissing) return null;
  const line = lines.length + (isLineBreakMissing ? 0 : 1);
  const kept = `${path}.torn-${line}`;
  if (torn.length > 0) await writeFile(kept, torn);
  const file = await open(path, 'r+');
  try {
    await file.truncate(whole.length);
    if (isLineBreakMissing) await file.write('\n', whole.length);
    await file.sync();
  } finally {
    await file.close();
  }
  if (torn.length === 0) return null;
  const what = isLineBreakMissing ? `the end of line ${line} was damaged` : `line ${line} was cut short`;
  const place = isLineBreakMissing ? 'after' : 'before';
  return `${what} (${torn.length} bytes, kept in ${kept}); the record goes on ${place} it`;
}

/** A record open for appending. */
interface OpenFile {
  readonly path: string;
  readonly file: FileHandle;
  readonly lock: FolderLock;
  /** Which file it is: `path` may lead to another by now. */
  readonly identity: FileIdentity;
  /** Bytes so far. */
  readonly size: number;
  /** The chain of the last line; empty before the first. */
  readonly chain: string;
  /** The next event is the first of a later session. */
  readonly isResumed: boolean;
}

/** A file on its device. */
type FileIdentity = Pick<BigIntStats, 'dev' | 'ino'>;

/** Appends to a record: one writer by its lock, a chain over its lines, and nothing after a failure. */
export class RecordWriter<E extends object> {
  private failure: unknown = null;
  private isClosed = false;

  private constructor(
    private readonly isDurable: (event: E) => boolean,
    private state: OpenFile,
    /** All that the record holds, to be kept where something else removes or changes the file. */
    private written: Buffer[],
  ) {}

  /**
   * Opens the record in the file `path`, whose folder's `lock` is held; the writer takes the lock over. `repaired` says
   * for people what was done to a torn end. Rejects with `record_broken` or `other_format` and changes nothing then.
   */
  static async open<E extends object, S>(
    path: string,
    kind: RecordKind<E, S>,
    lock: FolderLock,
  ): Promise<{ writer: RecordWriter<E>; record: ReadRecord<E, S>; repaired: string | null }> {
    const record = await readRecord(path, kind.lines);
    if (record.unreadable !== null) {
      const { code, message, line } = record.unreadable;
      throw new StoreError(code, message, { path: dirname(path), line });
    }
    const repaired = await repairEnd(path, record);
    const written = record.isLineBreakMissing ? [record.whole, Buffer.from('\n')] : [record.whole];
    const file = await open(path, 'r+');
    const identity = await file.stat({ bigint: true });
    const size = Number(identity.size);
    const chain = record.lines.at(-1)?.chain ?? '';
    const isResumed = record.lines.length > 0;
    const state = { path, file, identity, lock, size, chain, isResumed };
    return { writer: new RecordWriter(kind.isDurable, state, written), record, repaired };
  }

  /**
   * Resolves when the event is written, and a durable one when it is on the disk. Rejects with a `StoreError`; after
   * that nothing is written any more, and the record stays as it was before. Where something else has removed or changed
   * it, that is `record_lost`, and what was recorded is kept in a file next to it.
   */
  async append(event: E, clocks: MeasuredClocks): Promise<void> {
    const { path, file, lock, size, isResumed } = this.state;
    if (this.failure !== null) throw toStoreError(this.failure, path);
    const { text, chain } = writeLine(this.state.chain, event, buildMeta(clocks, new Date(), isResumed));
    const bytes = Buffer.from(text);
    const isDurable = this.isDurable(event);
    try {
      await this.checkRecord();
      if (isDurable) await lock.check();
    } catch (error) {
      this.failure = error;
      throw toStoreError(error, path);
    }
    try {
      await writeAt(file, bytes, size);
      if (isDurable) await file.datasync();
    } catch (error) {
      this.failure = error;
      await file.truncate(size).catch(() => undefined);
      throw toStoreError(error, path);
    }
    this.written.push(bytes);
    this.state = { ...this.state, size: size + bytes.length, chain, isResumed: false };
  }

  /** Rejects where the file is not the one that this writer has written so far. */
  private async checkRecord(): Promise<void> {
    const { path, file, identity, size, lock } = this.state;
    const found = await allowAbsent(stat(path, { bigint: true }));
    // Some file systems give their files other numbers now and then; what is open then has the new one, too.
    const own = found === null || isSameFile(found, identity) ? identity : await file.stat({ bigint: true });
    const change = found === null ? 'was removed' : describeChange(found, own, size);
    if (change === null) return;
    const folder = dirname(path);
    if (!(await isPathThere(folder))) throw createFolderLostError(folder);
    // Another kernel that has taken the lock may have gone on with the record.
    await lock.check();
    const kept = await keepBeside(path, Buffer.concat(this.written));
    throw new StoreError(
      'record_lost',
      `${path} ${change} while it was being written; nothing more is written to it. All that had been recorded is kept in ${kept}: put it in place of ${basename(path)} and run the cell again, which goes on from there`,
      { path, kept },
    );
  }

  /** Closes the file and releases the lock; idempotent. */
  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    this.written = [];
    await this.state.file.close();
    await this.state.lock.release();
  }
}

/** Says what has become of a record's file that should be the one of this identity, with so many bytes; `null` for nothing. */
function describeChange(found: BigIntStats, own: FileIdentity, size: number): string | null {
  if (!isSameFile(found, own)) return 'was replaced by another file';
  if (found.size === BigInt(size)) return null;
  return `was changed by something else (it has ${found.size} bytes and not ${size})`;
}

function isSameFile(one: FileIdentity, other: FileIdentity): boolean {
  return one.dev === other.dev && one.ino === other.ino;
}

/** Writes `bytes` to the first free name NAME.kept-1, NAME.kept-2, … next to the file `path`, and returns it. */
async function keepBeside(path: string, bytes: Buffer): Promise<string> {
  for (let number = 1; ; number++) {
    const kept = `${path}.kept-${number}`;
    try {
      await writeFile(kept, bytes, { flag: 'wx' });
      return kept;
    } catch (error) {
      if (readSystemCode(error) !== 'EEXIST') throw error;
    }
  }
}

async function writeAt(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, written, bytes.length - written, position + written);
    written += bytesWritten;
  }
}
