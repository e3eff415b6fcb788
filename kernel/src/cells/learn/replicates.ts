/** One search of several: a run folder of its own within the folder of the whole. */
import { authorObstacle } from '@policybook/authors';
import type { EnvironmentFacts } from '@policybook/protocol';
import { fold, seedsFor, type RunObserver, type RunSettings, type RunState } from '@policybook/engine';
import { openRun } from '@policybook/store';
import { succeed, type CellResult } from '../errors/cell-failure';
import { isFinished, learnOn } from './run';
import { openingError } from './open';
import type { Notebook } from '../notebook/notebook';
import type { OutputSink } from '../outputs/output-sink';

export interface SearchTask {
  /** Folder of the whole. */
  readonly root: string;
  /** Name of the whole: `first`. */
  readonly run: string;
  /** From 1: this is `first/2`. */
  readonly search: number;
  /** The search's own. */
  readonly settings: RunSettings;
  readonly facts: EnvironmentFacts;
  /** The cell that asked for it. */
  readonly cell: string;
}

/** Learns, goes on, or finds that it has ended; other folders than its own are not touched. */
export async function searchOnce(
  notebook: Notebook,
  { root, run, search, settings, facts, cell }: SearchTask,
  observer: RunObserver,
  sitting: Pick<OutputSink, 'stream' | 'signal'>,
): Promise<CellResult<RunState>> {
  const opened = await openRun(root, {
    run: String(search),
    settings,
    cell,
    environment: facts.versions,
    again: false,
    obstacle: () => authorObstacle(settings.author, notebook.services.env),
  });
  if (!opened.ok) return openingError(opened);
  const { folder, events, repaired } = opened.value;
  try {
    if (repaired !== null) sitting.stream('stdout', `${repaired}\n`);
    const before = fold(events);
    if (before !== null && isFinished(before)) return succeed(before);
    const task = { run: `${run}/${search}`, settings, facts };
    return await learnOn(notebook, task, opened.value, observer, sitting);
  } finally {
    await folder.close();
  }
}

/** The same search but for its seed, which follows from the whole's by name. */
export function searchSettings(settings: RunSettings, search: number): RunSettings {
  const [seed = settings.seed] = seedsFor(settings.seed, ['repeat'], 1, search - 1);
  return { ...settings, seed };
}
