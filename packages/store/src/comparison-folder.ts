/**
 * A comparison's folder beside the runs: `comparison.jsonl` with the lines of a run's record, the policies that took part,
 * and the agents that were trained for it.
 */
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Json, Result } from '@policybook/protocol';
import {
  comparisonEvent,
  type Clocks,
  type ComparisonEvent,
  type ComparisonJournal,
  type ComparisonLine,
  type ComparisonSettings,
} from '@policybook/engine';
import { brokenRecord, brokenWords, type BrokenRecord } from './broken';
import { comparisonName } from './declared';
import { makeFolder, orAbsent, writeWhole } from './files';
import { lineFormat } from './line';
import type { RunLock } from './lock';
import { openNamed, type FolderDeclaration } from './named-folder';
import { keepPolicy, readPolicy } from './policy-files';
import { clocksOf, readRecordOf, repairEnd, type Recording } from './record';
import { RecordFile } from './record-file';
import { asStoreError, StoreError } from './store-error';

const comparisonLines = lineFormat(comparisonEvent);

export class ComparisonFolder implements ComparisonJournal {
  constructor(
    readonly path: string,
    private readonly record: RecordFile,
  ) {}

  /** Every line is worth waiting for the disk: there are few, and each took many episodes. */
  append(event: ComparisonEvent, clocks: Clocks & { readonly measured?: Json }): Promise<void> {
    return this.record.append(event, clocks, true);
  }

  keepPolicy(number: number, hash: string, source: string): Promise<string> {
    return keepPolicy(this.path, number, hash, source);
  }

  readPolicy(file: string): Promise<string> {
    return readPolicy(this.path, file);
  }

  /** Keeps a trained agent as `agents/NAME.npz`. */
  async keepAgent(name: string, file: Buffer): Promise<void> {
    const path = join(this.path, 'agents', `${name.replaceAll(/[^\p{L}\p{N}_-]+/gu, '-')}.npz`);
    try {
      await makeFolder(join(this.path, 'agents'));
      await writeWhole(path, file);
    } catch (error) {
      throw asStoreError(error, path);
    }
  }

  /** Idempotent. */
  close(): Promise<void> {
    return this.record.close();
  }
}

export interface ComparisonDeclared extends FolderDeclaration {
  /** Name of the comparison, which is its folder's. */
  readonly comparison: string;
  readonly settings: ComparisonSettings;
}

export interface OpenedComparison {
  readonly folder: ComparisonFolder;
  /** Of earlier sittings. */
  readonly lines: readonly ComparisonLine[];
  readonly clocks: Clocks;
  /** What was repaired, for people. */
  readonly repaired: string | null;
  readonly replaced: string | null;
  readonly changed: readonly string[];
}

/** See `openNamed`. The caller closes the folder. */
export async function openComparison(
  root: string,
  declaration: ComparisonDeclared,
): Promise<Result<OpenedComparison>> {
  const found = await openNamed(root, {
    name: declaration.comparison,
    kind: 'comparison',
    settings: declaration.settings,
    declaration,
    fill: (path) => writeFile(join(path, comparisonName), ''),
    goOn,
  });
  if (!found.ok) return found;
  const { opened, replaced, changed } = found.value;
  return { ok: true, value: { ...opened, replaced, changed } };
}

async function goOn(path: string, lock: RunLock): Promise<Omit<OpenedComparison, 'replaced' | 'changed'>> {
  const file = join(path, comparisonName);
  const record = await readRecordOf(file, comparisonLines);
  if (record.broken !== null) {
    const { line } = record.broken;
    throw new StoreError('record_broken', brokenWords(file, record.broken), { path, line });
  }
  const repaired = await repairEnd(file, record);
  const folder = new ComparisonFolder(path, await RecordFile.appendingTo(file, record, lock));
  return { folder, lines: linesOf(record), clocks: clocksOf(record), repaired };
}

export interface StoredComparison {
  readonly comparison: string;
  readonly path: string;
  readonly lines: readonly ComparisonLine[];
  readonly broken: BrokenRecord | null;
}

/** `null` where there is no comparison of this name. */
export async function readComparison(root: string, comparison: string): Promise<StoredComparison | null> {
  const path = join(root, comparison);
  const file = join(path, comparisonName);
  const record = await orAbsent(readRecordOf(file, comparisonLines));
  if (record === null) return null;
  return { comparison, path, lines: linesOf(record), broken: brokenRecord(file, record.broken) };
}

/** Every comparison under `root`, by name. */
export async function listComparisons(root: string): Promise<StoredComparison[]> {
  const entries = (await orAbsent(readdir(root, { withFileTypes: true }))) ?? [];
  const names = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'));
  const read = await Promise.all(names.map(({ name }) => readComparison(root, name)));
  return read.flatMap((comparison) => comparison ?? []);
}

function linesOf({ lines }: Recording<ComparisonEvent>): ComparisonLine[] {
  return lines.map(({ event, meta }) => ({ event, measured: meta.measured, level: meta.level }));
}
