/** A run folder open for writing: the engine's journal. */
import { mkdir, open, readFile, type FileHandle } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { CallLog, CandidateId, Clocks, Journal, RunEvent, RunEventType } from '@policybook/engine';
import { CallFiles } from './call-files';
import { orAbsent, writeWhole } from './files';
import { metaOf, writeLine } from './line';
import type { RunLock } from './lock';
import type { RunRecord } from './record';
import { asStoreError, StoreError } from './store-error';

export const recordName = 'events.jsonl';
export const lockName = '.lock';

/** Answers that were paid for and decisions that people rely on; the rest can be computed again. */
const durable: ReadonlySet<RunEventType> = new Set<RunEventType>([
  'run_declared',
  'author_answered',
  'author_failed',
  'challenger_compared',
  'champion_changed',
  'run_stopped',
  'audited',
]);

export class RunFolder implements Journal {
  readonly calls: CallLog;
  private failure: unknown = null;
  private closed = false;

  private constructor(
    readonly path: string,
    private readonly file: FileHandle,
    private readonly lock: RunLock,
    private size: number,
    private chain: string,
    private resumed: boolean,
  ) {
    this.calls = new CallFiles(join(path, 'calls'));
  }

  /** Goes on after `record`, whose end is in order; `lock` is the caller's and becomes this folder's. */
  static async appendingTo(path: string, record: RunRecord, lock: RunLock): Promise<RunFolder> {
    const file = await open(join(path, recordName), 'r+');
    const { size } = await file.stat();
    return new RunFolder(path, file, lock, size, record.lines.at(-1)?.chain ?? '', record.lines.length > 0);
  }

  /** After a failure nothing is written any more: the record stays as it was before. */
  async append(event: RunEvent, clocks: Clocks): Promise<void> {
    if (this.failure !== null) throw asStoreError(this.failure, this.path);
    const { text, chain } = writeLine(this.chain, event, metaOf(clocks, new Date(), this.resumed));
    const bytes = Buffer.from(text);
    try {
      if (durable.has(event.type)) await this.lock.check();
      await writeAt(this.file, bytes, this.size);
      if (durable.has(event.type)) await this.file.datasync();
    } catch (error) {
      this.failure = error;
      await this.file.truncate(this.size).catch(() => undefined);
      throw asStoreError(error, join(this.path, recordName));
    }
    this.size += bytes.length;
    this.chain = chain;
    this.resumed = false;
  }

  async keepPolicy(candidate: CandidateId, hash: string, source: string): Promise<string> {
    const name = `${String(candidate).padStart(4, '0')}-${hash.slice(0, 8)}.py`;
    const path = join(this.path, 'policies', name);
    try {
      if ((await orAbsent(readFile(path, 'utf8'))) === source) return name;
      await mkdir(join(this.path, 'policies'), { recursive: true });
      await writeWhole(path, source);
    } catch (error) {
      throw asStoreError(error, path);
    }
    return name;
  }

  async readPolicy(name: string): Promise<string> {
    return readPolicy(this.path, name);
  }

  /** Idempotent. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.file.close();
    await this.lock.release();
  }
}

/** A policy's text; rejects with `no_such_run` when the folder has no such file. */
export async function readPolicy(folder: string, name: string): Promise<string> {
  const text = await orAbsent(readFile(join(folder, 'policies', basename(name)), 'utf8'));
  if (text === null) throw new StoreError('no_such_run', `${folder} has no policy ${name}`);
  return text;
}

async function writeAt(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, written, bytes.length - written, position + written);
    written += bytesWritten;
  }
}
