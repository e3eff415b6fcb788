/** A record open for appending: one writer by its lock, a chain over its lines, nothing after a failure. */
import { open, type FileHandle } from 'node:fs/promises';
import type { Json } from '@policybook/protocol';
import type { Clocks } from '@policybook/engine';
import { metaOf, writeLine } from './line';
import type { RunLock } from './lock';
import type { Recording } from './record';
import { asStoreError } from './store-error';

export class RecordFile {
  private failure: unknown = null;
  private closed = false;

  private constructor(
    private readonly path: string,
    private readonly file: FileHandle,
    private readonly lock: RunLock,
    private size: number,
    private chain: string,
    private resumed: boolean,
  ) {}

  /** Goes on after `record`, whose end is in order; `lock` is the caller's and becomes this file's. */
  static async appendingTo(path: string, record: Recording<unknown>, lock: RunLock): Promise<RecordFile> {
    const file = await open(path, 'r+');
    const { size } = await file.stat();
    return new RecordFile(path, file, lock, size, record.lines.at(-1)?.chain ?? '', record.lines.length > 0);
  }

  /** `durable`: on the disk when it resolves. After a failure nothing is written: the record stays as it was before. */
  async append(
    event: object,
    clocks: Clocks & { readonly measured?: Json },
    durable: boolean,
  ): Promise<void> {
    if (this.failure !== null) throw asStoreError(this.failure, this.path);
    const { text, chain } = writeLine(this.chain, event, metaOf(clocks, new Date(), this.resumed));
    const bytes = Buffer.from(text);
    try {
      if (durable) await this.lock.check();
      await writeAt(this.file, bytes, this.size);
      if (durable) await this.file.datasync();
    } catch (error) {
      this.failure = error;
      await this.file.truncate(this.size).catch(() => undefined);
      throw asStoreError(error, this.path);
    }
    this.size += bytes.length;
    this.chain = chain;
    this.resumed = false;
  }

  /** Idempotent. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.file.close();
    await this.lock.release();
  }
}

async function writeAt(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, written, bytes.length - written, position + written);
    written += bytesWritten;
  }
}
