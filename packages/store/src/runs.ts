/** Run folders: the engine's journal on the disk, opened by name, read and listed. */
import { join } from 'node:path';
import {
  advance,
  isDurable,
  runEvent,
  type CallLog,
  type Clocks,
  type Journal,
  type KeptEpisode,
  type RunEvent,
  type RunSettings,
  type RunState,
} from '@policybook/engine';
import type { Result } from '@policybook/protocol';
import { findFolderPath } from './folder-path';
import { CallFiles } from './call-files';
import { EpisodeReader, keepEpisodes } from './episode-files';
import { createLineFormat, type RecordedEvent } from './line';
import { checkName, RUN_FILE, type FolderDeclaration, type ReplacedFolder } from './named-folder';
import type { RecordWriter, UnreadableRecord } from './record';
import {
  listFolderNames,
  openDeclared,
  openExisting,
  readFolder,
  RecordedFolder,
  type OpenedFolder,
  type RecordedFolderKind,
} from './recorded-folder';
import { listReplicates, splitReplicate } from './replicated-run';
import { StoreError, catchStoreErrors } from './store-error';

/** A run folder open for writing: the engine's journal and call log. */
export class RunFolder extends RecordedFolder<RunEvent> implements Journal {
  /** The run's model calls. */
  readonly calls: CallLog;
  private readonly episodes: EpisodeReader;

  /** See `RecordedFolder`. */
  constructor(path: string, writer: RecordWriter<RunEvent>) {
    super(path, writer);
    this.calls = new CallFiles(path);
    this.episodes = new EpisodeReader(path);
  }

  /** Keeps what happened in episodes; see `episode-files.ts`. */
  keepEpisodes(hash: string, episodes: readonly KeptEpisode[]): Promise<void> {
    return keepEpisodes(this.path, hash, episodes);
  }

  /** Reads what happened in episodes; see `episode-files.ts`. */
  readEpisodes(hash: string): Promise<ReadonlyMap<number, KeptEpisode>> {
    return this.episodes.read(hash);
  }
}

const RUNS: RecordedFolderKind<RunEvent, RunState, RunFolder> = {
  kind: 'run',
  file: RUN_FILE,
  lines: createLineFormat(runEvent, (state, { event }) => advance(state, event), 'first of a form'),
  isDurable,
  createFolder: (path, writer) => new RunFolder(path, writer),
};

/** What a `%%learn` cell declares. */
export interface RunFolderDeclaration extends FolderDeclaration {
  /** Name of the run, which is its folder's. */
  readonly run: string;
  readonly settings: RunSettings;
}

/** A run that is open for writing. */
export interface RecordedRun {
  readonly folder: RunFolder;
  /** Events of earlier sessions of this run; none for a new one. */
  readonly events: readonly RunEvent[];
  /** What they add up to; `null` for a new run. */
  readonly state: RunState | null;
  readonly clocks: Clocks;
  /** What was repaired, for people. */
  readonly repaired: string | null;
}

/** A run that was opened by its declaration. */
export interface OpenedRun extends RecordedRun, ReplacedFolder {}

/** Opens the run of a declaration under `root`; see `openNamed`. The caller closes the folder. */
export async function openRun(root: string, declaration: RunFolderDeclaration): Promise<Result<OpenedRun>> {
  const opened = await openDeclared(root, RUNS, { ...declaration, name: declaration.run });
  if (!opened.ok) return opened;
  const { lines, ...rest } = opened.value;
  return { ok: true, value: { ...rest, events: readEvents(lines) } };
}

/**
 * Opens a run that is there, whatever it was declared as, to add to its record. `root` is `policybook-runs/NOTEBOOK`.
 * Failures: those of `openExisting` and bad_name. The caller closes the folder.
 */
export async function openRecorded(root: string, run: string): Promise<Result<RecordedRun>> {
  const path = await findFolderPath(root, run);
  const opened = await catchStoreErrors(path, async () => {
    checkName(splitReplicate(run).run);
    return openExisting(path, RUNS);
  });
  if (!opened.ok) return opened;
  return opened.value.ok ? { ok: true, value: toRecordedRun(opened.value.value) } : opened.value;
}

function toRecordedRun({ lines, ...rest }: OpenedFolder<RunEvent, RunState, RunFolder>): RecordedRun {
  return { ...rest, events: readEvents(lines) };
}

/** A run as its record says, read without writing. */
export interface StoredRun {
  readonly run: string;
  /** The run's folder. */
  readonly path: string;
  readonly events: readonly RunEvent[];
  /** What they add up to; `null` for an empty record. */
  readonly state: RunState | null;
  readonly clocks: Clocks;
  /** When its first and its latest event were written, UTC; `null` for an empty record. */
  readonly startedAt: string | null;
  readonly latestAt: string | null;
  /** Why the record cannot be read to its end; `events` are those before. A torn end is none. */
  readonly unreadable: UnreadableRecord | null;
}

/** Reads a run, also while another kernel writes it. Failures: no_such_run, read_only (not readable), io_error. */
export async function readRun(root: string, run: string): Promise<Result<StoredRun>> {
  const path = await findFolderPath(root, run);
  return catchStoreErrors(path, async () => {
    const stored = await readFolder(path, RUNS);
    if (stored === null) throw new StoreError('no_such_run', `there is no run ${run} in ${root}`);
    const { lines, state, clocks, unreadable } = stored;
    const startedAt = lines[0]?.meta.at ?? null;
    const latestAt = lines.at(-1)?.meta.at ?? null;
    return { run, path, events: readEvents(lines), state, clocks, startedAt, latestAt, unreadable };
  });
}

/** Every readable run under `root`, the replicates of repeated runs among them, oldest first. */
export async function listRuns(root: string): Promise<StoredRun[]> {
  const names = await Promise.all((await listFolderNames(root)).map((name) => listRunNames(root, name)));
  const runs = await Promise.all(names.flat().map((run) => readRun(root, run)));
  const readable = runs.flatMap((run) => (run.ok ? [run.value] : []));
  return readable.sort((a, b) => ((a.startedAt ?? '') < (b.startedAt ?? '') ? -1 : 1));
}

async function listRunNames(root: string, name: string): Promise<string[]> {
  const replicates = await listReplicates(join(root, name));
  return replicates?.map((replicate) => `${name}/${replicate}`) ?? [name];
}

function readEvents(lines: readonly RecordedEvent<RunEvent>[]): RunEvent[] {
  return lines.map(({ event }) => event);
}
