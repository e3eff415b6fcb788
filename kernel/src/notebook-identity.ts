/** Which notebook this kernel's is, decided at its first policybook cell at the latest, and what is said about it. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { relative } from 'node:path';
import type { ExecuteRequest } from '@policybook/wire';
import {
  identifyByCells,
  identifyByFile,
  identifyByFolder,
  identifyNotebook,
  type IdentifiedNotebook,
  type IdentitySource,
  type NotebookPlace,
} from './runs-folder';

/** VS Code sets this variable in every kernel that it starts for a notebook, by a silent cell. */
const FILE_OF_VS_CODE = /__vsc_ipynb_file__\s*=\s*["'](.+?\.ipynb)["']/;

/** Why the folder has its name, where that is worth a word. */
const REASONS: Record<Exclude<IdentitySource, 'variable' | 'server'>, string> = {
  'command line': 'named after the notebook that the command line says',
  client: "named after the notebook's file",
  cells: "no server says which notebook this is, so it is known by its cells' text",
  folder: 'no server says which notebook this is, so all of this folder share them',
};

/** The notebook of one kernel. */
export class NotebookIdentity {
  private readonly atStart: IdentifiedNotebook | null;
  private decided: IdentifiedNotebook | null;
  /** The path of the notebook that its client has named. */
  private file: string | null = null;
  private readonly cells = createHash('sha256');
  /** Whether the latest cell came from a client that answers no prompt, which is one that runs notebooks by itself. */
  private isBatch = false;
  private isAnnounced = false;

  constructor(private readonly place: NotebookPlace) {
    this.atStart = identifyNotebook(place);
    this.decided = this.atStart;
  }

  /** Notes a cell of the notebook's, in the order of their arrival. */
  noteCell({ code, silent, allow_stdin: isAnswering }: ExecuteRequest): void {
    if (this.decided !== null) return;
    this.file ??= FILE_OF_VS_CODE.exec(code)?.[1] ?? null;
    if (silent) return;
    this.cells.update(`${code}\0`);
    this.isBatch = !isAnswering;
  }

  /** The folder of the notebook's runs, absolute. Once asked for, it stays. */
  get runsFolder(): string {
    return this.decide().folder;
  }

  /** The folder as it would be if it were asked for now. */
  get likelyRunsFolder(): string {
    return (this.decided ?? this.identify()).folder;
  }

  /** Gives the folder where it was not known when the kernel started; `null` where it was. */
  findLateRunsFolder(): string | null {
    return this.atStart === null ? this.runsFolder : null;
  }

  /** Says once where the runs are and why; `null` where it was said, or the user or the server chose the name. */
  announce(): string | null {
    const { folder, source } = this.decide();
    if (this.isAnnounced || source === 'variable' || source === 'server') return null;
    this.isAnnounced = true;
    const { cwd } = this.place;
    const shared = identifyByFolder(cwd).folder;
    const earlier =
      shared !== folder && existsSync(shared) ? `; earlier runs may be in ${relative(cwd, shared)}` : '';
    return `Runs are kept in ${relative(cwd, folder)} (${REASONS[source]}; POLICYBOOK_RUNS chooses another folder)${earlier}.`;
  }

  private decide(): IdentifiedNotebook {
    this.decided ??= this.identify();
    return this.decided;
  }

  private identify(): IdentifiedNotebook {
    const { cwd } = this.place;
    if (this.file !== null) return identifyByFile(cwd, this.file);
    return this.isBatch ? identifyByCells(cwd, this.cells.copy().digest('hex')) : identifyByFolder(cwd);
  }
}
