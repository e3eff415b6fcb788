/** Request folders in a real folder, in which a test answers. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { AuthorSettings } from '@policybook/engine';
import { NumberedFolders } from '@policybook/store';

/** The files of an answer, by their names; a text that is not there yet. */
type Answer = Readonly<Record<string, string>>;

/** Settings of a mailbox whose deadline no test reaches by chance. */
export const mailboxSettings = (members: Partial<AuthorSettings> = {}): AuthorSettings => ({
  kind: 'mailbox',
  folder: 'mail',
  deadlineSeconds: 600,
  maxPromptTokens: 12_000,
  instructions: null,
  ...members,
});

/** Folders that somebody watches: `answer` is asked at every look for `done`, with the number of the look, and may answer. */
export class AnsweredFolders extends NumberedFolders {
  /** The folders that were asked for, in their order. */
  readonly made: string[] = [];
  /** The files that were looked for, in their order. */
  readonly looks: string[] = [];
  /** Why no folder can be made from now on. */
  failure: Error | null = null;

  constructor(
    readonly path: string,
    public answer: (look: number, folder: string) => Answer | null | Promise<Answer | null>,
  ) {
    super(path);
  }

  override async make(...parameters: Parameters<NumberedFolders['make']>): Promise<void> {
    this.made.push(parameters[0]);
    if (this.failure !== null) throw this.failure;
    await super.make(...parameters);
  }

  override async has(folder: string, file: string): Promise<boolean> {
    this.looks.push(file);
    if (file === 'done') {
      const look = this.looks.filter((name) => name === 'done').length;
      for (const [name, text] of Object.entries((await this.answer(look, folder)) ?? {}))
        await this.put(folder, name, text);
    }
    return super.has(folder, file);
  }

  override read(folder: string, file: string, mostBytes: number): Promise<string | null> {
    this.looks.push(file);
    return super.read(folder, file, mostBytes);
  }

  /** Writes as somebody outside does. */
  async put(folder: string, name: string, text: string): Promise<void> {
    const path = this.locate(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
}
