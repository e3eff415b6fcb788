/** Opening a run by name: a new one, the same one again, or a new one that takes the name of a changed one. */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clocks, Failure, Json, Result, RunEvent, RunSettings } from '@policybook/engine';
import { differences } from './differences';
import { orAbsent } from './files';
import { RunLock } from './lock';
import { clocksOf, eventsOf, readRecord, repairEnd, type RunRecord } from './record';
import { lockName, recordName, RunFolder } from './run-folder';
import { asStoreError, StoreError, systemCode } from './store-error';

export interface RunDeclaration {
  /** Name of the run, which is its folder's. */
  readonly run: string;
  readonly settings: RunSettings;
  /** The cell as the user wrote it: `%%learn …` and its YAML. */
  readonly cell: string;
  /** Package versions and hashes, for `environment.json`. */
  readonly environment: Json;
  /** Learn anew although nothing changed. */
  readonly again: boolean;
  /** What speaks against beginning; asked before a folder is made or an earlier run gives up its name. */
  readonly obstacle?: () => Failure | null;
}

export interface OpenedRun {
  readonly folder: RunFolder;
  /** Of earlier sittings of this run; empty for a new one. */
  readonly events: readonly RunEvent[];
  readonly clocks: Clocks;
  /** What was repaired, for people. */
  readonly repaired: string | null;
  /** The name that an earlier run of this name has now. */
  readonly replaced: string | null;
  /** In what its declaration differed: "seed: 0 → 1". */
  readonly changed: readonly string[];
}

/**
 * `root` is `policybook-runs/NOTEBOOK`. Failures: run_locked, record_broken, read_only, disk_full, bad_name, and the
 * declaration's own obstacle. The caller closes the folder.
 */
export async function openRun(root: string, declaration: RunDeclaration): Promise<Result<OpenedRun>> {
  const path = join(root, declaration.run);
  try {
    checkName(declaration.run);
    return { ok: true, value: await openOrMake(root, path, declaration) };
  } catch (error) {
    if (error instanceof Obstacle) return error.failure;
    const known = asStoreError(error, path);
    if (known instanceof StoreError) return known.failure;
    throw known;
  }
}

/** Unwinds an opening that its declaration does not allow to make a new run. */
class Obstacle extends Error {
  constructor(readonly failure: Failure) {
    super(failure.message);
  }
}

function refuseToBegin({ obstacle }: RunDeclaration): void {
  const failure = obstacle?.() ?? null;
  if (failure !== null) throw new Obstacle(failure);
}

/** Names are the user's and become folders; a tilde is how earlier runs are counted. */
export function checkName(run: string): void {
  if (/^[\p{L}\p{N}_][\p{L}\p{N}_.~ -]{0,99}$/u.test(run)) return;
  throw new StoreError('bad_name', `“${run}” cannot name a run: use letters, digits, _, - and .`);
}

async function openOrMake(root: string, path: string, declaration: RunDeclaration): Promise<OpenedRun> {
  // Another kernel may make or move the folder between two steps: then what is there now counts.
  for (;;) {
    const lock = await orAbsent(RunLock.take(join(path, lockName)));
    if (lock === null) refuseToBegin(declaration);
    const opened =
      lock === null ? await make(path, declaration) : await openLocked(root, path, declaration, lock);
    if (opened !== null) return opened;
  }
}

async function openLocked(
  root: string,
  path: string,
  declaration: RunDeclaration,
  lock: RunLock,
): Promise<OpenedRun | null> {
  let held = lock;
  try {
    const record = await orAbsent(readRecord(join(path, recordName)));
    if (record === null)
      throw new StoreError('record_broken', `${path} is there already, and is no run`, { path });
    const before = declaredSettings(record);
    const empty = record.lines.length === 0 && record.broken === null;
    const changed = before === null ? [] : differences(before, declaration.settings);
    if (changed.length === 0 && (empty || !declaration.again)) return await goOn(path, record, lock);
    refuseToBegin(declaration);
    const replaced = await moveAside(root, declaration.run);
    held = lock.movedTo(join(root, replaced, lockName));
    await held.release();
    const made = await make(path, declaration);
    return made === null ? null : { ...made, replaced, changed };
  } catch (error) {
    await held.release();
    throw error;
  }
}

function declaredSettings({ lines }: RunRecord): RunSettings | null {
  const first = lines[0]?.event;
  return first?.type === 'run_declared' ? first.settings : null;
}

/** Opens a folder whose lock is held; the folder takes the lock over. */
export async function goOn(path: string, record: RunRecord, lock: RunLock): Promise<OpenedRun> {
  if (record.broken !== null) {
    const { line, reason } = record.broken;
    throw new StoreError('record_broken', `${join(path, recordName)}, line ${line}: ${reason}`, {
      path,
      line,
    });
  }
  const repaired = await repairEnd(join(path, recordName), record);
  const folder = await RunFolder.appendingTo(path, record, lock);
  const events = eventsOf(record);
  return { folder, events, clocks: clocksOf(record), repaired, replaced: null, changed: [] };
}

/** Makes the folder elsewhere and moves it here with its lock held; `null` when another kernel was first. */
async function make(path: string, { cell, environment, run }: RunDeclaration): Promise<OpenedRun | null> {
  const draft = join(path, '..', `.${run}.${randomUUID()}`);
  await mkdir(draft, { recursive: true });
  try {
    await writeFile(join(draft, 'declaration.yaml'), cell.replace(/^%%/, '# %%'));
    await writeFile(join(draft, 'environment.json'), `${JSON.stringify(environment, null, 2)}\n`);
    await writeFile(join(draft, recordName), '');
    const lock = (await RunLock.take(join(draft, lockName))).movedTo(join(path, lockName));
    await rename(draft, path);
    return await goOn(path, await readRecord(join(path, recordName)), lock);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    if (['ENOTEMPTY', 'EEXIST'].includes(systemCode(error) ?? '')) return null;
    throw error;
  }
}

/** RUN becomes RUN~1, RUN~1 becomes RUN~2, …; returns the new name of RUN. */
async function moveAside(root: string, run: string): Promise<string> {
  const taken = new Set(await readdir(root));
  let free = 1;
  while (taken.has(`${run}~${free}`)) free++;
  for (let number = free; number > 1; number--) {
    await rename(join(root, `${run}~${number - 1}`), join(root, `${run}~${number}`));
  }
  await rename(join(root, run), join(root, `${run}~1`));
  return `${run}~1`;
}
