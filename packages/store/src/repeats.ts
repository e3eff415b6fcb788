/**
 * A run that was repeated: a folder of run folders, `first/1`, `first/2`, …, each a run of its own, and `repeats.json`
 * with what they were declared as. `first/2` is also how the second of them is referred to.
 */
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Result } from '@policybook/protocol';
import { runSettings, type RunSettings } from '@policybook/engine';
import { z } from 'zod';
import { repeatsName } from './declared';
import { orAbsent, writeWhole } from './files';
import type { RunLock } from './lock';
import { openNamed, type FolderDeclaration } from './named-folder';

const repeatsFile = z.object({ repeat: z.int().positive(), settings: runSettings });

export interface RepeatsDeclaration extends FolderDeclaration {
  readonly run: string;
  /** Those of the whole; each search has a seed of its own. */
  readonly settings: RunSettings;
  readonly repeat: number;
}

export interface OpenedRepeats {
  /** Where the searches are. */
  readonly path: string;
  readonly replaced: string | null;
  readonly changed: readonly string[];
  /** Lets others write; idempotent. */
  readonly close: () => Promise<void>;
}

/**
 * See `openNamed`. More searches, or fewer, are no other declaration: those that are there stay. The caller closes it,
 * and until then no other kernel can move the folder away.
 */
export async function openRepeats(
  root: string,
  declaration: RepeatsDeclaration,
): Promise<Result<OpenedRepeats>> {
  const { run, settings, repeat } = declaration;
  const text = `${JSON.stringify({ repeat, settings }, null, 1)}\n`;
  const found = await openNamed<{ path: string; lock: RunLock }>(root, {
    name: run,
    kind: 'repeated run',
    settings,
    declaration,
    fill: (path) => writeFile(join(path, repeatsName), text),
    goOn: async (path, lock) => {
      const known = await orAbsent(readFile(join(path, repeatsName), 'utf8'));
      if (known !== text) await writeWhole(join(path, repeatsName), text);
      return { path, lock };
    },
  });
  if (!found.ok) return found;
  const { opened, replaced, changed } = found.value;
  return {
    ok: true,
    value: { path: opened.path, replaced, changed, close: () => opened.lock.release() },
  };
}

export interface StoredRepeats {
  readonly settings: RunSettings;
  /** How many searches were asked for last. */
  readonly repeat: number;
  /** Numbers of the searches that were begun, in order. */
  readonly searches: readonly number[];
}

/** `null` where `run` is no repeated run that can be read. */
export async function readRepeats(root: string, run: string): Promise<StoredRepeats | null> {
  const path = join(root, run);
  const text = await orAbsent(readFile(join(path, repeatsName), 'utf8'));
  if (text === null) return null;
  const parsed = repeatsFile.safeParse(json(text));
  if (!parsed.success) return null;
  const numbers = (await readdir(path)).filter((name) => /^[1-9]\d*$/.test(name)).map(Number);
  return { ...parsed.data, searches: numbers.sort((a, b) => a - b) };
}

/** `first/2` is the search 2 of the run `first`; `null` where a whole run is named. */
export function splitSearch(run: string): { readonly run: string; readonly search: number | null } {
  const { name, number } = /^(?<name>.*)\/(?<number>[1-9]\d*)$/u.exec(run)?.groups ?? {};
  return name === undefined ? { run, search: null } : { run: name, search: Number(number) };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
