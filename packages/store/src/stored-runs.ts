/** Reading runs without writing: for tables, for showing a run again, while another kernel writes it. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Result } from '@policybook/protocol';
import type { Clocks, RunEvent } from '@policybook/engine';
import { brokenRecord, type BrokenRecord } from './broken';
import { orAbsent } from './files';
import { clocksOf, eventsOf, readRecord } from './record';
import { recordName } from './declared';
import { readRepeats } from './repeats';
import { asStoreError, StoreError } from './store-error';

export interface StoredRun {
  readonly run: string;
  /** The run's folder. */
  readonly path: string;
  readonly events: readonly RunEvent[];
  readonly clocks: Clocks;
  /** When its first and its latest event were written, UTC; `null` for an empty record. */
  readonly startedAt: string | null;
  readonly latestAt: string | null;
  /** Where the record is broken; `events` are those before. A torn end is not broken. */
  readonly broken: BrokenRecord | null;
}

/** Failures: no_such_run, read_only (not readable), io_error. */
export async function readRun(root: string, run: string): Promise<Result<StoredRun>> {
  const path = join(root, run);
  try {
    const record = await orAbsent(readRecord(join(path, recordName)));
    if (record === null) return new StoreError('no_such_run', `there is no run ${run} in ${root}`).failure;
    const { lines } = record;
    const startedAt = lines[0]?.meta.at ?? null;
    const latestAt = lines.at(-1)?.meta.at ?? null;
    const value = {
      run,
      path,
      events: eventsOf(record),
      clocks: clocksOf(record),
      startedAt,
      latestAt,
      broken: brokenRecord(join(path, recordName), record.broken),
    };
    return { ok: true, value };
  } catch (error) {
    const known = asStoreError(error, path);
    if (known instanceof StoreError) return known.failure;
    throw known;
  }
}

/** Every readable run under `root`, searches of repeated runs included, oldest first. */
export async function listRuns(root: string): Promise<StoredRun[]> {
  const entries = (await orAbsent(readdir(root, { withFileTypes: true }))) ?? [];
  const names = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'));
  const runs = await Promise.all(
    (
      await withSearches(
        root,
        names.map(({ name }) => name),
      )
    ).map((run) => readRun(root, run)),
  );
  const readable = runs.flatMap((run) => (run.ok ? [run.value] : []));
  return readable.sort((a, b) => ((a.startedAt ?? '') < (b.startedAt ?? '') ? -1 : 1));
}

async function withSearches(root: string, names: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    names.map(async (name) => {
      const repeats = await readRepeats(root, name);
      return repeats === null ? [name] : repeats.searches.map((search) => `${name}/${search}`);
    }),
  );
  return found.flat();
}
