/**
 * Opening a folder by the name that a cell gives it: a new one, the same one again, or one that takes the name of a
 * changed one. What was declared in a folder decides, and is looked at before anything of the folder is opened.
 */
import { randomUUID } from 'node:crypto';
import { open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { findDifferences, FOLDER_FORMAT, type Difference } from '@policybook/engine';
import type { Failure, Json, Result } from '@policybook/protocol';
import { findFolderPath } from './folder-path';
import { makeFolder, allowAbsent } from './files';
import { readFormat, LineReader } from './line';
import { FolderLock } from './lock';
import { StoreError, readSystemCode, catchStoreErrors } from './store-error';

/** The lock's file within a folder. */
export const LOCK_FILE = '.lock';
/** A run's record. */
export const RUN_FILE = 'events.jsonl';
/** What a repeated run was declared as. */
export const REPEATS_FILE = 'repeats.json';
/** A comparison's record. */
export const COMPARISON_FILE = 'comparison.jsonl';

/** What a folder holds, as people call it. */
export type FolderKind = 'run' | 'repeated run' | 'comparison';

/** What a cell declares that leaves a folder behind. */
export interface FolderDeclaration {
  /** The cell as the user wrote it: `%%learn …` and its YAML. */
  readonly cell: string;
  /** The package versions and hashes that `environment.json` holds. */
  readonly environment: Json;
  /** Whether a new folder is begun although nothing changed. */
  readonly again: boolean;
  /** What speaks against beginning; asked before a folder is made or an earlier one gives up its name. */
  readonly obstacle?: () => Failure | null;
}

/** How a folder of one kind is opened by its name. */
export interface FolderPlan<T> {
  readonly name: string;
  readonly kind: FolderKind;
  /** The resolved settings, which a repetition must have in common. */
  readonly settings: unknown;
  readonly declaration: FolderDeclaration;
  /** Writes what a new folder holds besides the declaration and the versions. */
  readonly fill: (path: string) => Promise<void>;
  /** Opens the folder; `lock` is held and becomes the opened one's. */
  open(path: string, lock: FolderLock): Promise<T>;
}

/** The earlier folder that gave up its name, if there was one. */
export interface ReplacedFolder {
  /** The name that the earlier folder of this name has now. */
  readonly replaced: string | null;
  /** What the earlier folder holds; `null` without one. */
  readonly replacedKind: FolderKind | null;
  /** How many still earlier folders were counted on by one: NAME~1 became NAME~2, and so on. */
  readonly older: number;
  /** In what its declaration differed; empty where it did not. One of another kind differs as a whole, without a path. */
  readonly changed: readonly Difference[];
  /** The other format that the earlier folder is in, as `formatFolderFormat` has it; `null` for this version's own. */
  readonly otherFormat: string | null;
}

/** What is said where no earlier folder gave up its name. */
const NOTHING_REPLACED: ReplacedFolder = {
  replaced: null,
  replacedKind: null,
  older: 0,
  changed: [],
  otherFormat: null,
};

/** A folder that was opened by its name. */
export interface NamedFolder<T> extends ReplacedFolder {
  readonly opened: T;
}

/**
 * Opens the folder `plan.name` in `root`, which is `policybook-runs/NOTEBOOK`. One that was declared otherwise, or that
 * another version of policybook wrote in another format, keeps all it has and becomes NAME~1. Failures: run_locked,
 * record_broken, read_only, disk_full, bad_name, and the declaration's own obstacle.
 */
export async function openNamed<T>(root: string, plan: FolderPlan<T>): Promise<Result<NamedFolder<T>>> {
  const path = await findFolderPath(root, plan.name);
  try {
    return await catchStoreErrors(path, () => {
      checkName(plan.name);
      return openOrMake(root, path, { ...plan, name: basename(path) });
    });
  } catch (error) {
    if (error instanceof Obstacle) return error.failure;
    throw error;
  }
}

/** Throws `bad_name` for a name that cannot become a folder; a tilde is how earlier ones are counted. */
export function checkName(name: string): void {
  if (/^[\p{L}\p{N}_][\p{L}\p{N}_.~ -]{0,99}$/u.test(name)) return;
  throw new StoreError(
    'bad_name',
    `“${name}” cannot name a run or a comparison: use letters, digits, _, - and .`,
  );
}

/** Ends an opening that its declaration does not allow to make a new folder. */
class Obstacle extends Error {
  constructor(readonly failure: Failure) {
    super(failure.message);
  }
}

function refuseToBegin({ obstacle }: FolderDeclaration): void {
  const failure = obstacle?.() ?? null;
  if (failure !== null) throw new Obstacle(failure);
}

async function openOrMake<T>(root: string, path: string, plan: FolderPlan<T>): Promise<NamedFolder<T>> {
  // Another kernel may make or move the folder between two steps: then what is there now counts.
  for (;;) {
    const lock = await allowAbsent(FolderLock.take(join(path, LOCK_FILE)));
    if (lock === null) refuseToBegin(plan.declaration);
    const opened = lock === null ? await makeFolderOf(path, plan) : await openLocked(root, path, plan, lock);
    if (opened !== null) return opened;
  }
}

async function openLocked<T>(
  root: string,
  path: string,
  plan: FolderPlan<T>,
  lock: FolderLock,
): Promise<NamedFolder<T> | null> {
  const { declaration } = plan;
  let held = lock;
  try {
    const before = (await readDeclared(path)) ?? (await describeWithoutRecord(path, plan));
    if (before === null) {
      refuseToBegin(declaration);
      await fillFolder(path, plan);
      return { ...NOTHING_REPLACED, opened: await plan.open(path, lock) };
    }
    const { format, settings } = before;
    const otherFormat = settings === null || format === FOLDER_FORMAT ? null : formatFolderFormat(format);
    const changed = otherFormat === null ? listChanges(before, plan) : [];
    const canGoOn = before.hasRecord && (settings === null || !declaration.again);
    if (otherFormat === null && changed.length === 0 && canGoOn)
      return { ...NOTHING_REPLACED, opened: await plan.open(path, lock) };
    refuseToBegin(declaration);
    const { replaced, older } = await moveAside(root, plan.name);
    held = lock.moveTo(join(root, replaced, LOCK_FILE));
    await held.release();
    const made = await makeFolderOf(path, plan);
    return made === null
      ? null
      : { ...made, replaced, replacedKind: before.kind, older, changed, otherFormat };
  } catch (error) {
    await held.release();
    throw error;
  }
}

function listChanges(
  before: Declared,
  plan: Pick<FolderPlan<unknown>, 'kind' | 'settings'>,
): readonly Difference[] {
  if (before.kind !== plan.kind) return [{ path: '', before: `a ${before.kind}`, after: `a ${plan.kind}` }];
  return before.settings === null ? [] : findDifferences(before.settings, plan.settings);
}

/** Names a format that this version does not read, with who writes it: "format 1 by policybook 0.1". */
function formatFolderFormat(format: number): string {
  const writer = format < FOLDER_FORMAT ? 'policybook 0.1' : 'a later version of policybook';
  return `format ${format} by ${writer}`;
}

/** What a folder says was declared in it. */
interface Declared {
  readonly kind: FolderKind;
  /** The resolved settings; `null` where none can be read, in an empty record or a damaged one. */
  readonly settings: unknown;
  readonly format: number;
  readonly hasRecord: boolean;
}

/** Reads what a folder says was declared in it; `null` where it holds no record. */
async function readDeclared(path: string): Promise<Declared | null> {
  const run = await allowAbsent(readFirstLine(join(path, RUN_FILE)));
  if (run !== null) return describeDeclared('run', readFirstEvent(run));
  const replicated = await allowAbsent(readFile(join(path, REPEATS_FILE), 'utf8'));
  if (replicated !== null) return describeDeclared('repeated run', parseJson(replicated));
  const comparison = await allowAbsent(readFirstLine(join(path, COMPARISON_FILE)));
  return comparison === null ? null : describeDeclared('comparison', readFirstEvent(comparison));
}

/** What policybook makes in a folder of its own, besides the record. */
const TRACES = ['declaration.yaml', 'environment.json', 'policies', 'episodes', 'traces', 'calls', 'agents'];

/** The file without which a folder of its kind has no record. */
const RECORD_FILES: Readonly<Record<FolderKind, string>> = {
  run: RUN_FILE,
  'repeated run': REPEATS_FILE,
  comparison: COMPARISON_FILE,
};

/**
 * Describes a folder that has lost its record, which gives up its name where the cell is to begin again; `null` for an
 * empty one. Throws `record_broken` where it is to be gone on with, and where the folder is somebody else's.
 */
async function describeWithoutRecord(
  path: string,
  { kind: wanted, declaration }: FolderPlan<unknown>,
): Promise<Declared | null> {
  const names = (await readdir(path)).filter((name) => !name.startsWith(LOCK_FILE)).sort();
  if (names.length === 0) return null;
  const folder = basename(path);
  if (!names.some((name) => TRACES.includes(name))) {
    const some = names.length > 3 ? [...names.slice(0, 3), '…'] : names;
    const message = `${path} holds no ${wanted}, and nothing that policybook wrote (${some.join(', ')}); choose another name, or move the folder away`;
    throw new StoreError('record_broken', message, { path });
  }
  const declared = await allowAbsent(readFile(join(path, 'declaration.yaml'), 'utf8'));
  const kind = declared?.startsWith('# %%compare') === true ? 'comparison' : wanted;
  if (!declaration.again) {
    const message = `${path} has lost its record, ${RECORD_FILES[kind]}: put the file back from a copy or from version control, or begin again: \`again: true\` keeps this folder as ${folder}~1`;
    throw new StoreError('record_broken', message, { path });
  }
  return { kind, settings: null, format: FOLDER_FORMAT, hasRecord: false };
}

function describeDeclared(kind: FolderKind, value: unknown): Declared {
  const isObject = typeof value === 'object' && value !== null;
  const settings: unknown = isObject ? Object.getOwnPropertyDescriptor(value, 'settings')?.value : null;
  return { kind, settings: settings ?? null, format: readFormat(value), hasRecord: true };
}

/** Bytes that are read at once to find the end of a line. */
const CHUNK_BYTES = 1 << 16;

/** Reads the first line without the rest of a record, which may be long. */
async function readFirstLine(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const pieces: Buffer[] = [];
    for (;;) {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES, null);
      const piece = buffer.subarray(0, bytesRead);
      const end = piece.indexOf(0x0a);
      pieces.push(end === -1 ? piece : piece.subarray(0, end));
      if (end !== -1 || bytesRead === 0) return Buffer.concat(pieces);
    }
  } finally {
    await file.close();
  }
}

/** A damaged line declares nothing: opening the record says what is wrong with it. */
function readFirstEvent(line: Buffer): unknown {
  const reader = new LineReader({ checked: 'each', findMismatch: () => null, advance: () => null });
  const read = reader.read(line);
  if (read.ok) return read.recorded.event;
  return read.reason === 'other_format' ? read.event : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Makes the folder under another name and moves it here with its lock held; `null` when another kernel was first. */
async function makeFolderOf<T>(path: string, plan: FolderPlan<T>): Promise<NamedFolder<T> | null> {
  const draft = join(path, '..', `.${plan.name}.${randomUUID()}`);
  await makeFolder(draft);
  try {
    await fillFolder(draft, plan);
    const lock = (await FolderLock.take(join(draft, LOCK_FILE))).moveTo(join(path, LOCK_FILE));
    await rename(draft, path);
    return { ...NOTHING_REPLACED, opened: await plan.open(path, lock) };
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    const code = readSystemCode(error) ?? '';
    if (['ENOTEMPTY', 'EEXIST'].includes(code)) return null;
    if (code === 'ENOTDIR')
      throw new StoreError(
        'bad_name',
        `${path} is a file and no folder; choose another name, or move the file away`,
        { path },
      );
    throw error;
  }
}

/** Writes what a new folder holds before its record is opened. */
async function fillFolder<T>(path: string, { declaration, fill }: FolderPlan<T>): Promise<void> {
  const { cell, environment } = declaration;
  await writeFile(join(path, 'declaration.yaml'), cell.replace(/^%%/, '# %%'));
  await writeFile(join(path, 'environment.json'), `${JSON.stringify(environment, null, 2)}\n`);
  await fill(path);
}

/** Renames NAME to NAME~1, NAME~1 to NAME~2, …; returns the new name of NAME, and how many others were renamed. */
async function moveAside(root: string, name: string): Promise<{ replaced: string; older: number }> {
  const taken = new Set(await readdir(root));
  let free = 1;
  while (taken.has(`${name}~${free}`)) free++;
  for (let number = free; number > 1; number--) {
    await rename(join(root, `${name}~${number - 1}`), join(root, `${name}~${number}`));
  }
  await rename(join(root, name), join(root, `${name}~1`));
  return { replaced: `${name}~1`, older: free - 1 };
}
