/** Comparison folders: the record, the policies that took part, and the agents that were trained for it. */
import { join } from 'node:path';
import {
  advanceComparison,
  comparisonEvent,
  isDurable,
  type Clocks,
  type ComparisonEvent,
  type ComparisonJournal,
  type ComparisonLine,
  type ComparisonSettings,
  type ComparisonState,
} from '@policybook/engine';
import type { Result } from '@policybook/protocol';
import { findFolderPath } from './folder-path';
import { makeFolderWithin, writeWhole } from './files';
import { createLineFormat, type RecordedEvent } from './line';
import { COMPARISON_FILE, type FolderDeclaration, type ReplacedFolder } from './named-folder';
import type { UnreadableRecord } from './record';
import {
  listFolderNames,
  openDeclared,
  readFolder,
  RecordedFolder,
  type RecordedFolderKind,
} from './recorded-folder';
import { catchStoreErrors, toStoreError } from './store-error';

/** A comparison's folder open for writing: the engine's comparison journal. */
export class ComparisonFolder extends RecordedFolder<ComparisonEvent> implements ComparisonJournal {
  /** Keeps a trained agent as `agents/NAME.npz`. */
  async keepAgent(name: string, file: Buffer): Promise<void> {
    const path = join(this.path, 'agents', `${name.replaceAll(/[^\p{L}\p{N}_-]+/gu, '-')}.npz`);
    try {
      await makeFolderWithin(this.path, 'agents');
      await writeWhole(path, file);
    } catch (error) {
      throw toStoreError(error, path);
    }
  }
}

const COMPARISONS: RecordedFolderKind<ComparisonEvent, ComparisonState, ComparisonFolder> = {
  kind: 'comparison',
  file: COMPARISON_FILE,
  lines: createLineFormat(comparisonEvent, (state, line) => advanceComparison(state, pickLine(line))),
  isDurable,
  createFolder: (path, writer) => new ComparisonFolder(path, writer),
};

/** What a `%%compare` cell declares. */
export interface ComparisonFolderDeclaration extends FolderDeclaration {
  /** Name of the comparison, which is its folder's. */
  readonly comparison: string;
  readonly settings: ComparisonSettings;
}

/** A comparison that was opened by its declaration. */
export interface OpenedComparison extends ReplacedFolder {
  readonly folder: ComparisonFolder;
  /** Lines of earlier sessions. */
  readonly lines: readonly ComparisonLine[];
  /** What they add up to; `null` for a new comparison. */
  readonly state: ComparisonState | null;
  readonly clocks: Clocks;
  /** What was repaired, for people. */
  readonly repaired: string | null;
}

/** Opens the comparison of a declaration under `root`; see `openNamed`. The caller closes the folder. */
export async function openComparison(
  root: string,
  declaration: ComparisonFolderDeclaration,
): Promise<Result<OpenedComparison>> {
  const opened = await openDeclared(root, COMPARISONS, { ...declaration, name: declaration.comparison });
  if (!opened.ok) return opened;
  return { ok: true, value: { ...opened.value, lines: pickLines(opened.value.lines) } };
}

/** A comparison as its record says, read without writing. */
export interface StoredComparison {
  readonly comparison: string;
  /** The comparison's folder. */
  readonly path: string;
  readonly lines: readonly ComparisonLine[];
  /** What they add up to; `null` for an empty record. */
  readonly state: ComparisonState | null;
  /** Why the record cannot be read to its end; `lines` are those before. A torn end is none. */
  readonly unreadable: UnreadableRecord | null;
}

/** Reads a comparison; `null` where there is none of this name. */
export async function readComparison(root: string, comparison: string): Promise<StoredComparison | null> {
  const stored = await readFolder(await findFolderPath(root, comparison), COMPARISONS);
  if (stored === null) return null;
  const { path, lines, state, unreadable } = stored;
  return { comparison, path, lines: pickLines(lines), state, unreadable };
}

/** Lists every readable comparison under `root`, by name. */
export async function listComparisons(root: string): Promise<StoredComparison[]> {
  const names = await listFolderNames(root);
  const read = await Promise.all(
    names.map((name) => catchStoreErrors(join(root, name), () => readComparison(root, name))),
  );
  return read.flatMap((comparison) => (comparison.ok ? (comparison.value ?? []) : []));
}

function pickLines(lines: readonly RecordedEvent<ComparisonEvent>[]): ComparisonLine[] {
  return lines.map(pickLine);
}

function pickLine({ event, meta }: RecordedEvent<ComparisonEvent>): ComparisonLine {
  return { event, measured: meta.measured, isolationLevel: meta.isolationLevel };
}
