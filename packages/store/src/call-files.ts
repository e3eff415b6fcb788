/** `calls/HASH.json`: a model call's request, written before it is sent, and its raw response, before it is parsed. */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Json } from '@policybook/protocol';
import type { CallLog } from '@policybook/engine';
import { z } from 'zod';
import { makeFolderWithin, allowAbsent, writeWhole } from './files';
import { toStoreError, StoreError } from './store-error';

/** A file under `calls/`. */
export const callFile = z.object({ request: z.json(), response: z.json() });
type Call = z.infer<typeof callFile>;

const CALLS_FOLDER = 'calls';

/** A call with the hash that names its file. */
export interface StoredCall extends Call {
  readonly hash: string;
}

/** Reads all calls of a run's folder without writing, in the order of their hashes; none where there are none. */
export async function readCalls(folder: string): Promise<StoredCall[]> {
  const names = (await allowAbsent(readdir(join(folder, CALLS_FOLDER)))) ?? [];
  const hashes = names.flatMap((name) => /^([0-9a-f]+)\.json$/.exec(name)?.[1] ?? []).sort();
  return Promise.all(hashes.map((hash) => readCall(folder, hash)));
}

async function readCall(folder: string, hash: string): Promise<StoredCall> {
  const path = join(folder, CALLS_FOLDER, `${hash}.json`);
  const call = await readCallAt(path);
  if (call === undefined) throw new StoreError('record_broken', `${path} was removed`, { path });
  return { hash, ...call };
}

/** Reads a call; `undefined` where there is no such file. Rejects with a `StoreError` where it holds something else. */
async function readCallAt(path: string): Promise<Call | undefined> {
  try {
    const text = await allowAbsent(readFile(path, 'utf8'));
    return text === null ? undefined : callFile.parse(JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError)
      throw new StoreError('record_broken', `${path} is no recorded call; put it back from a copy`, { path });
    throw toStoreError(error, path);
  }
}

/** The model calls of one run, in its folder `calls/`. What cannot be read or written rejects with a `StoreError`. */
export class CallFiles implements CallLog {
  /** `folder` is the run's; the folder of calls is made with the first of them. */
  constructor(private readonly folder: string) {}

  /** The call of this hash; `undefined` where it was never intended. */
  async find(hash: string): Promise<Call | undefined> {
    return readCallAt(this.locateFile(hash));
  }

  /** Writes the request; it is on the disk when this resolves. */
  async intend(hash: string, request: Json): Promise<void> {
    await this.write(hash, { request, response: null });
  }

  /** Writes the raw response next to the request; it is on the disk when this resolves. */
  async answer(hash: string, response: Json): Promise<void> {
    const call = await this.find(hash);
    if (call === undefined) throw new Error(`call ${hash} is answered that was never intended`);
    await this.write(hash, { request: call.request, response });
  }

  private async write(hash: string, call: { request: Json; response: Json }): Promise<void> {
    const path = this.locateFile(hash);
    try {
      await makeFolderWithin(this.folder, CALLS_FOLDER);
      await writeWhole(path, `${JSON.stringify(call, null, 1)}\n`);
    } catch (error) {
      throw toStoreError(error, path);
    }
  }

  private locateFile(hash: string): string {
    if (!/^[0-9a-f]+$/.test(hash)) throw new StoreError('bad_name', `a call is named by a hash, not ${hash}`);
    return join(this.folder, CALLS_FOLDER, `${hash}.json`);
  }
}
