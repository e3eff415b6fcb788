/** Opening a folder by the name that a cell gives it: a new one, the same one again, or one that takes a changed one's name. */
import { randomUUID } from 'node:crypto';
import { readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Failure, Json, Result } from '@policybook/protocol';
import { differences } from '@policybook/engine';
import { declaredIn, type FolderKind } from './declared';
import { makeFolder, orAbsent } from './files';
import { RunLock } from './lock';
import { asStoreError, StoreError, systemCode } from './store-error';

export const lockName = '.lock';

/** What a cell declares that leaves a folder behind. */
export interface FolderDeclaration {
  /** The cell as the user wrote it: `%%learn …` and its YAML. */
  readonly cell: string;
  /** Package versions and hashes, for `environment.json`. */
  readonly environment: Json;
  /** Anew although nothing changed. */
  readonly again: boolean;
  /** What speaks against beginning; asked before a folder is made or an earlier one gives up its name. */
  readonly obstacle?: () => Failure | null;
}

export interface FolderPlan<T> {
  readonly name: string;
  readonly kind: FolderKind;
  /** Resolved: what a repetition must have in common. */
  readonly settings: unknown;
  readonly declaration: FolderDeclaration;
  /** Writes what a new folder holds beside the declaration and the versions. */
  fill(path: string): Promise<void>;
  /** Opens the folder; `lock` is held and becomes the opened one's. */
  goOn(path: string, lock: RunLock): Promise<T>;
}

export interface OpenedFolder<T> {
  readonly opened: T;
  /** The name that an earlier folder of this name has now. */
  readonly replaced: string | null;
  /** In what its declaration differed: "seed: 0 → 1". */
  readonly changed: readonly string[];
}

/**
 * `root` is `policybook-runs/NOTEBOOK`. Failures: run_locked, record_broken, read_only, disk_full, bad_name, and the
 * declaration's own obstacle.
 */
export async function openNamed<T>(root: string, plan: FolderPlan<T>): Promise<Result<OpenedFolder<T>>> {
  const path = join(root, plan.name);
  try {
    checkName(plan.name);
    return { ok: true, value: await openOrMake(root, path, plan) };
  } catch (error) {
    if (error instanceof Obstacle) return error.failure;
    const known = asStoreError(error, path);
    if (known instanceof StoreError) return known.failure;
    throw known;
  }
}

/** Names are the user's and become folders; a tilde is how earlier ones are counted. */
export function checkName(name: string): void {
  if (/^[\p{L}\p{N}_][\p{L}\p{N}_.~ -]{0,99}$/u.test(name)) return;
  throw new StoreError('bad_name', `“${name}” cannot name a run: use letters, digits, _, - and .`);
}

/** Unwinds an opening that its declaration does not allow to make a new folder. */
class Obstacle extends Error {
  constructor(readonly failure: Failure) {
    super(failure.message);
  }
}

function refuseToBegin({ obstacle }: FolderDeclaration): void {
  const failure = obstacle?.() ?? null;
  if (failure !== null) throw new Obstacle(failure);
}

async function openOrMake<T>(root: string, path: string, plan: FolderPlan<T>): Promise<OpenedFolder<T>> {
  // Another kernel may make or move the folder between two steps: then what is there now counts.
  for (;;) {
    const lock = await orAbsent(RunLock.take(join(path, lockName)));
    if (lock === null) refuseToBegin(plan.declaration);
    const opened = lock === null ? await made(path, plan) : await openLocked(root, path, plan, lock);
    if (opened !== null) return opened;
  }
}

async function openLocked<T>(
  root: string,
  path: string,
  plan: FolderPlan<T>,
  lock: RunLock,
): Promise<OpenedFolder<T> | null> {
  const { declaration } = plan;
  let held = lock;
  try {
    const before = await declaredIn(path);
    if (before === null)
      throw new StoreError('record_broken', `${path} is there already, and nothing of policybook's`, {
        path,
      });
    const changed = changes(before, plan);
    const same = before.kind === plan.kind && changed.length === 0;
    if (same && (before.settings === null || !declaration.again))
      return { opened: await plan.goOn(path, lock), replaced: null, changed: [] };
    refuseToBegin(declaration);
    const replaced = await moveAside(root, plan.name);
    held = lock.movedTo(join(root, replaced, lockName));
    await held.release();
    const anew = await made(path, plan);
    return anew === null ? null : { ...anew, replaced, changed };
  } catch (error) {
    await held.release();
    throw error;
  }
}

function changes(
  before: { readonly kind: FolderKind; readonly settings: unknown },
  plan: Pick<FolderPlan<unknown>, 'kind' | 'settings'>,
): readonly string[] {
  if (before.kind !== plan.kind) return [`a ${before.kind} → a ${plan.kind}`];
  return before.settings === null ? [] : differences(before.settings, plan.settings);
}

/** Makes the folder elsewhere and moves it here with its lock held; `null` when another kernel was first. */
async function made<T>(path: string, plan: FolderPlan<T>): Promise<OpenedFolder<T> | null> {
  const { cell, environment } = plan.declaration;
  const draft = join(path, '..', `.${plan.name}.${randomUUID()}`);
  await makeFolder(draft);
  try {
    await writeFile(join(draft, 'declaration.yaml'), cell.replace(/^%%/, '# %%'));
    await writeFile(join(draft, 'environment.json'), `${JSON.stringify(environment, null, 2)}\n`);
    await plan.fill(draft);
    const lock = (await RunLock.take(join(draft, lockName))).movedTo(join(path, lockName));
    await rename(draft, path);
    return { opened: await plan.goOn(path, lock), replaced: null, changed: [] };
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    if (['ENOTEMPTY', 'EEXIST'].includes(systemCode(error) ?? '')) return null;
    throw error;
  }
}

/** NAME becomes NAME~1, NAME~1 becomes NAME~2, …; returns the new name of NAME. */
async function moveAside(root: string, name: string): Promise<string> {
  const taken = new Set(await readdir(root));
  let free = 1;
  while (taken.has(`${name}~${free}`)) free++;
  for (let number = free; number > 1; number--) {
    await rename(join(root, `${name}~${number - 1}`), join(root, `${name}~${number}`));
  }
  await rename(join(root, name), join(root, `${name}~1`));
  return `${name}~1`;
}
