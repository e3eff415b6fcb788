/**
 * A run that was repeated: a folder of run folders, `first/1`, `first/2`, …, each a run of its own, and `repeats.json`
 * with what they were declared as. `first/2` is also how the second replicate is referred to.
 */
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FOLDER_FORMAT, type RunSettings } from '@policybook/engine';
import type { Result } from '@policybook/protocol';
import { z } from 'zod';
import { findFolderPath } from './folder-path';
import { allowAbsent, writeWhole } from './files';
import type { FolderLock } from './lock';
import { openNamed, REPEATS_FILE, type FolderDeclaration, type ReplacedFolder } from './named-folder';
import { StoreError } from './store-error';

/** What is read of `repeats.json`; a replicate's record says whether its format is this version's. */
const repeatsFile = z.object({ repeat: z.int().positive() });

/** What a `%%learn` cell with `repeat: N` declares. */
export interface ReplicatedRunDeclaration extends FolderDeclaration {
  readonly run: string;
  /** Settings of the whole; each replicate has a seed of its own. */
  readonly settings: RunSettings;
  readonly repeat: number;
}

/** A repeated run that is open: the replicates are opened in it, one after another. */
export interface OpenedReplicatedRun extends ReplacedFolder {
  /** The folder that the replicates' folders are in. */
  readonly path: string;
  /** Lets others write; idempotent. */
  readonly close: () => Promise<void>;
}

/**
 * Opens a repeated run; see `openNamed`. More replicates, or fewer, are no other declaration: those there are stay. The caller closes it,
 * and until then no other kernel can move the folder away.
 */
export async function openReplicatedRun(
  root: string,
  declaration: ReplicatedRunDeclaration,
): Promise<Result<OpenedReplicatedRun>> {
  const { run, settings, repeat } = declaration;
  const text = `${JSON.stringify({ format: FOLDER_FORMAT, repeat, settings }, null, 1)}\n`;
  const found = await openNamed<{ path: string; lock: FolderLock }>(root, {
    name: run,
    kind: 'repeated run',
    settings,
    declaration,
    fill: (path) => writeFile(join(path, REPEATS_FILE), text),
    open: async (path, lock) => {
      const known = await allowAbsent(readFile(join(path, REPEATS_FILE), 'utf8'));
      if (known !== text) await writeWhole(join(path, REPEATS_FILE), text);
      return { path, lock };
    },
  });
  if (!found.ok) return found;
  const { opened, ...earlier } = found.value;
  return {
    ok: true,
    value: { ...earlier, path: opened.path, close: () => opened.lock.release() },
  };
}

/** A repeated run as its folder says, read without writing. */
export interface StoredReplicatedRun {
  /** How many replicates were declared last. */
  readonly repeat: number;
  /** Numbers of the replicates that were begun, in order. */
  readonly replicates: readonly number[];
}

/**
 * Reads a repeated run; `null` where `run` is none. Its replicates are read with `readRun`. Rejects with `record_broken`
 * where its `repeats.json` is there and cannot be read.
 */
export async function readReplicatedRun(root: string, run: string): Promise<StoredReplicatedRun | null> {
  const path = await findFolderPath(root, run);
  const replicates = await listReplicates(path);
  if (replicates === null) return null;
  const file = join(path, REPEATS_FILE);
  // Why it cannot be read does not matter: the same helps.
  const parsed = repeatsFile.safeParse(parseJson(await readFile(file, 'utf8').catch(() => '')));
  if (parsed.success) return { repeat: parsed.data.repeat, replicates };
  const message = `${file} cannot be read, which says how often ${run} is repeated; put it back from a copy or from version control, or run the cell of ${run} again, which writes it again`;
  throw new StoreError('record_broken', message, { path });
}

/** Lists the numbers of the replicates that were begun in the folder `path`, in order; `null` where it is that of no repeated run. */
export async function listReplicates(path: string): Promise<readonly number[] | null> {
  const names = (await allowAbsent(readdir(path))) ?? [];
  if (!names.includes(REPEATS_FILE)) return null;
  const numbers = names.filter((name) => /^[1-9]\d*$/.test(name)).map(Number);
  return numbers.sort((a, b) => a - b);
}

/** Splits a reference: `first/2` is replicate 2 of the run `first`; `null` where a whole run is named. */
export function splitReplicate(run: string): { readonly run: string; readonly replicate: number | null } {
  const { name, number } = /^(?<name>.*)\/(?<number>[1-9]\d*)$/u.exec(run)?.groups ?? {};
  return name === undefined ? { run, replicate: null } : { run: name, replicate: Number(number) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
