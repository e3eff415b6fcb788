/** Numbered folders by which somebody outside is asked for policies: a mailbox, or those of a program that is run. */
import { randomUUID } from 'node:crypto';
import { constants, mkdir, open, readdir, realpath, rename, rm, writeFile } from 'node:fs/promises';
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
    // Anybody may make a folder there: a number of any length has a next one.
    const numbers = (names ?? []).filter((name) => /^\d+$/.test(name)).map(BigInt);
    const greatest = numbers.reduce((most, number) => (number > most ? number : most), 0n);
    return String(greatest + 1n).padStart(NUMBER_DIGITS, '0');
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

  has(folder: string, file: string): Promise<boolean> {
    const path = this.locate(folder, file);
    return this.attempt(path, () => isPathThere(path));
  }

  read(folder: string, file: string, mostBytes: number): Promise<string | null> {
    const path = this.locate(folder, file);
    return this.attempt(path, () => allowAbsent(this.readFile(folder, file, mostBytes)));
  }

  async rename(folder: string, file: string, name: string): Promise<void> {
    const path = this.locate(folder, file);
    await this.attempt(path, () => allowAbsent(rename(path, this.locate(folder, name))));
  }

  async post(file: string, text: string | null): Promise<void> {
    const path = join(this.root, file);
    await this.attempt(path, async () => {
      if (text === null) await rm(path, { force: true });
      else if (await isPathThere(this.root)) await writeWhole(path, text);
    });
  }

  /** Reads a whole file. What leads out of its folder, what is no file, such as a pipe, on which a reader would wait for ever, and what is too long is refused. */
  private async readFile(folder: string, file: string, mostBytes: number): Promise<string> {
    const path = this.locate(folder, file);
    const refuse = (what: string) => new StoreError('io_error', `${path} ${what}`, { path });
    if ((await realpath(path)) !== join(await realpath(this.root), folder, file))
      throw refuse('is a symbolic link; put a copy of the file there');
    const opened = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    try {
      const stat = await opened.stat();
      if (!stat.isFile()) throw refuse('is no file');
      if (stat.size > mostBytes)
        throw refuse(
          `has ${stat.size} bytes, and ${mostBytes} are the most that is read; put a shorter file there`,
        );
      return await opened.readFile('utf8');
    } finally {
      await opened.close();
    }
  }

  private async attempt<T>(path: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw toStoreError(error, path);
    }
  }
}
