/** Numbered folders by which somebody outside is asked for policies: a mailbox, or those of a program that is run. */
import { randomUUID } from 'node:crypto';
import { constants, mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { RequestFolders } from '@policybook/engine';
import { allowAbsent, isPathThere, makeFolder, writeWhole } from './files';
import { StoreError, toStoreError } from './store-error';

/** The digits of a folder's name. */
const NUMBER_DIGITS = 4;

/** The request folders under one folder, which is made with the first of them. */
export class NumberedFolders implements RequestFolders {
  /** `root` is the absolute path of the folder that they are in. */
  constructor(private readonly root: string) {}

  async findNext(): Promise<string> {
    const names = await this.attempt(this.root, () => allowAbsent(readdir(this.root)));
    const numbers = (names ?? []).filter((name) => /^\d+$/.test(name)).map(Number);
    return String(Math.max(0, ...numbers) + 1).padStart(NUMBER_DIGITS, '0');
  }

  locate(folder: string, file = ''): string {
    return join(this.root, folder, file);
  }

  async make(folder: string, writeFiles: () => Promise<ReadonlyMap<string, string>>): Promise<void> {
    const path = this.locate(folder);
    await this.attempt(path, async () => {
      if (await isPathThere(path)) return;
      await makeFolder(this.root);
      // A folder of another name becomes this one when it is whole: who watches sees no half of a request.
      const temporary = join(this.root, `.${randomUUID()}.tmp`);
      try {
        for (const [file, text] of await writeFiles()) {
          await mkdir(dirname(join(temporary, file)), { recursive: true });
          await writeFile(join(temporary, file), text);
        }
        await rename(temporary, path);
      } finally {
        await rm(temporary, { recursive: true, force: true });
      }
    });
  }

  async write(folder: string, file: string, text: string): Promise<void> {
    const path = this.locate(folder, file);
    await this.attempt(path, async () => {
      if (!(await isPathThere(path))) await writeWhole(path, text);
    });
  }

  read(folder: string, file: string, mostBytes: number): Promise<string | null> {
    const path = this.locate(folder, file);
    return this.attempt(path, () => allowAbsent(readStart(path, mostBytes)));
  }

  async rename(folder: string, file: string, name: string): Promise<void> {
    const path = this.locate(folder, file);
    await this.attempt(path, () => allowAbsent(rename(path, this.locate(folder, name))));
  }

  private async attempt<T>(path: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw toStoreError(error, path);
    }
  }
}

/** Reads the beginning of a file. What is no file, such as a pipe, on which a reader would wait for ever, is refused. */
async function readStart(path: string, mostBytes: number): Promise<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw new StoreError('io_error', `${path} is no file`, { path });
    const bytes = Buffer.alloc(Math.min(stat.size, mostBytes));
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
    return bytes.subarray(0, bytesRead).toString('utf8');
  } finally {
    await file.close();
  }
}
