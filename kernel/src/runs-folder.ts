/**
 * Where a notebook's runs are, and by what it is known which notebook that is. A server says so; without one (papermill,
 * nbclient, nbconvert, CI) the command of the process that started the kernel may, and at last the notebook's own cells.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import type { ParentProcess } from './parent-process';

/** The user's choice of a folder; the workbench has it too, so that `import policybook` looks where the kernel does. */
export const RUNS_VARIABLE = 'POLICYBOOK_RUNS';

/**
 * What the kernel itself has put into `POLICYBOOK_RUNS` for its Python. A kernel that this Python starts, as papermill in a
 * cell does, inherits both, and tells by them that the user chose none.
 */
export const OWN_RUNS_VARIABLE = 'POLICYBOOK_NOTEBOOK_RUNS';

/** The server's word for the notebook: its path, or the bare id of a console. */
const SESSION_VARIABLE = 'JPY_SESSION_NAME';

/** By what a notebook is known. */
export type IdentitySource = 'variable' | 'server' | 'command line' | 'client' | 'cells' | 'folder';

/** A notebook's folder of runs. */
export interface IdentifiedNotebook {
  /** The absolute path, mostly of `policybook-runs/NOTEBOOK`. */
  readonly folder: string;
  readonly source: IdentitySource;
}

/** What is known when the kernel starts. */
export interface NotebookPlace {
  /** The kernel's working directory, which is the folder of the notebook. */
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Reads who has started the kernel; `null` where that cannot be known. */
  readonly readParent: () => ParentProcess | null;
}

/** Identifies the notebook by what is known at the start; `null` where only its cells can tell. */
export function identifyNotebook({ cwd, env, readParent }: NotebookPlace): IdentifiedNotebook | null {
  const chosen = env[RUNS_VARIABLE] ?? '';
  if (chosen !== '' && chosen !== env[OWN_RUNS_VARIABLE])
    return { folder: resolve(cwd, chosen), source: 'variable' };
  const parent = readParent();
  const session = env[SESSION_VARIABLE] ?? '';
  // A kernel that a notebook's Python has started inherits the name of that notebook, and is another's.
  if (session !== '' && session !== parent?.sessionName)
    return session.endsWith('.ipynb')
      ? { folder: placeRuns(cwd, readStem(session)), source: 'server' }
      : null;
  const name = parent === null ? null : findNameInCommand(parent, cwd);
  return name === null ? null : { folder: placeRuns(cwd, name), source: 'command line' };
}

/** The folder that is shared by all notebooks of a folder of which nothing tells which they are. */
export function identifyByFolder(cwd: string): IdentifiedNotebook {
  return { folder: placeRuns(cwd, readStem(cwd)), source: 'folder' };
}

/** The folder of a notebook whose file its client has named. */
export function identifyByFile(cwd: string, file: string): IdentifiedNotebook {
  return { folder: placeRuns(cwd, readStem(file)), source: 'client' };
}

/** The folder of a notebook that is known by its cells only: FOLDER-HASH. `hash` is hexadecimal, of their texts. */
export function identifyByCells(cwd: string, hash: string): IdentifiedNotebook {
  return { folder: placeRuns(cwd, `${readStem(cwd)}-${hash.slice(0, HASH_DIGITS)}`), source: 'cells' };
}

function placeRuns(cwd: string, name: string): string {
  return join(cwd, 'policybook-runs', name);
}

/** Takes the stem of a notebook's path, or the name of a folder. */
function readStem(path: string): string {
  const name = splitPath(path).at(-1) ?? '';
  return name.replace(/\.ipynb$/, '') || 'notebook';
}

function splitPath(path: string): string[] {
  return path.split(/[\\/]/).filter((part) => !['', '.', '..'].includes(part));
}

/** Digits of a hash that tell the notebooks of one folder apart. */
const HASH_DIGITS = 6;

/** Programs that start kernels for many notebooks, whatever their own command says. */
const SERVERS = /^jupyter(hub)?-?(lab|notebook|server|nbclassic|labhub|singleuser|console|qtconsole)/;

/** Finds the name of the one notebook that a command executes; `null` for none and for several. */
function findNameInCommand({ words, cwd: from }: ParentProcess, cwd: string): string | null {
  const programs = words.slice(0, 3).map((word) => basename(word));
  if (programs.some((program) => SERVERS.test(program))) return null;
  const named = words.filter(
    (word, index) => /^[^-].*\.ipynb$/.test(word) && !/^(-o|--output)$/.test(words[index - 1] ?? ''),
  );
  // papermill executes one notebook many times, and each output is a notebook of its own.
  const output = programs.some((program) => /^papermill(\.exe)?$/.test(program)) ? named[1] : undefined;
  if (output !== undefined) return flattenPath(relative(cwd, resolve(from, output)));
  const files = new Set(named.map((word) => resolve(from, word)).filter((file) => existsSync(file)));
  const [file] = files;
  return file !== undefined && files.size === 1 ? readStem(file) : null;
}

/** The longest name of a folder of runs, in characters; file systems allow 255 bytes. */
const LONGEST_NAME = 60;

/** Writes a notebook's path as one name: `out/a1.ipynb` is out-a1. */
function flattenPath(path: string): string {
  const name =
    splitPath(path)
      .join('-')
      .replace(/\.ipynb$/, '') || 'notebook';
  return name.length <= LONGEST_NAME ? name : `${name.slice(-LONGEST_NAME)}-${hashBriefly(path)}`;
}

function hashBriefly(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, HASH_DIGITS);
}
