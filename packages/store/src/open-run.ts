/** Opening a run by name: a new one, the same one again, or a new one that takes the name of a changed one. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Result } from '@policybook/protocol';
import type { Clocks, RunEvent, RunSettings } from '@policybook/engine';
import { brokenWords } from './broken';
import { recordName } from './declared';
import type { RunLock } from './lock';
import { openNamed, type FolderDeclaration } from './named-folder';
import { clocksOf, eventsOf, readRecord, repairEnd, type RunRecord } from './record';
import { RunFolder } from './run-folder';
import { StoreError } from './store-error';

export interface RunDeclaration extends FolderDeclaration {
  /** Name of the run, which is its folder's. */
  readonly run: string;
  readonly settings: RunSettings;
}

export interface RecordedRun {
  readonly folder: RunFolder;
  /** Of earlier sittings of this run; empty for a new one. */
  readonly events: readonly RunEvent[];
  readonly clocks: Clocks;
  /** What was repaired, for people. */
  readonly repaired: string | null;
}

export interface OpenedRun extends RecordedRun {
  /** The name that an earlier run of this name has now. */
  readonly replaced: string | null;
  /** In what its declaration differed: "seed: 0 → 1". */
  readonly changed: readonly string[];
}

/** See `openNamed`. The caller closes the folder. */
export async function openRun(root: string, declaration: RunDeclaration): Promise<Result<OpenedRun>> {
  const found = await openNamed(root, {
    name: declaration.run,
    kind: 'run',
    settings: declaration.settings,
    declaration,
    fill: (path) => writeFile(join(path, recordName), ''),
    goOn: async (path, lock) => goOn(path, await readRecord(join(path, recordName)), lock),
  });
  if (!found.ok) return found;
  const { opened, replaced, changed } = found.value;
  return { ok: true, value: { ...opened, replaced, changed } };
}

/** Opens a folder whose lock is held; the folder takes the lock over. */
export async function goOn(path: string, record: RunRecord, lock: RunLock): Promise<RecordedRun> {
  if (record.broken !== null) {
    const { line } = record.broken;
    throw new StoreError('record_broken', brokenWords(join(path, recordName), record.broken), { path, line });
  }
  const repaired = await repairEnd(join(path, recordName), record);
  const folder = await RunFolder.appendingTo(path, record, lock);
  return { folder, events: eventsOf(record), clocks: clocksOf(record), repaired };
}
