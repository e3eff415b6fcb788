/** One sitting of one run in its open folder: it learns, or shows what it has learned. */
import { createAuthor } from '@policybook/authors';
import type { EnvironmentFacts } from '@policybook/protocol';
import {
  differences,
  Diverged,
  fold,
  learn,
  type RunEvent,
  type RunObserver,
  type RunSettings,
  type RunState,
} from '@policybook/engine';
import type { RecordedRun } from '@policybook/store';
import { championOf, referenceOf, scoreWords } from '@policybook/views';
import { succeed, refuse, type CellResult } from '../errors/cell-failure';
import type { Notebook } from '../notebook/notebook';
import type { OutputSink } from '../outputs/output-sink';

export interface RunTask {
  /** As it is referred to: `first`, `first/2`. */
  readonly run: string;
  readonly settings: RunSettings;
  readonly facts: EnvironmentFacts;
}

/** An error where there can be no such author. `repeats`: the record of a run that is learned anew. */
export async function learnOn(
  notebook: Notebook,
  task: RunTask,
  { folder, events, clocks }: RecordedRun,
  observer: RunObserver,
  sitting: Pick<OutputSink, 'stream' | 'signal'>,
  repeats: readonly RunEvent[] | null = null,
): Promise<CellResult<RunState>> {
  const author = createAuthor(task.settings.author, {
    evaluator: notebook.evaluator,
    calls: folder.calls,
    variables: notebook.services.env,
    notice: (message) => {
      sitting.stream('stderr', `${message}\n`);
    },
  });
  if (!author.ok) return refuse('AuthorError', author.message);
  const ports = {
    author: author.value,
    evaluator: notebook.evaluator,
    journal: folder,
    clock: { now: () => performance.now() },
    observer,
  };
  const options = {
    signal: sitting.signal,
    resumeFrom: events,
    clocks,
    ...(repeats !== null && { repeats }),
  };
  try {
    return succeed(await learn(task, ports, options));
  } catch (error) {
    if (error instanceof Diverged) return refuse('RunError', `${error.message}. again: true learns anew.`);
    throw error;
  }
}

export function isFinished({ stopped }: RunState): boolean {
  return stopped?.reason === 'exhausted' || stopped?.reason === 'budget';
}

/** What opening a folder did, and whether its run goes on. */
export function tellOpening(
  run: string,
  facts: EnvironmentFacts,
  opened: Pick<RecordedRun, 'events' | 'repaired'> & Replacement,
  sitting: Pick<OutputSink, 'stream'>,
): void {
  const { events, repaired } = opened;
  const before = fold(events);
  const lines = [
    ...(repaired === null ? [] : [repaired]),
    ...replacementLines(opened),
    ...(before === null || isFinished(before) ? [] : [goingOn(run, before, facts)]),
  ];
  if (lines.length > 0) sitting.stream('stdout', `${lines.join('\n')}\n`);
}

export interface Replacement {
  readonly replaced: string | null;
  readonly changed: readonly string[];
}

/** What became of an earlier run of the name: it is neither shown nor gone on with when its declaration was another. */
export function replacementLines({ replaced, changed }: Replacement): string[] {
  if (replaced === null) return [];
  const kept = `the earlier run is now ${replaced}`;
  if (changed.length === 0) return [kept];
  return [`${kept} and is not gone on with, because the declaration changed (${changed.join(', ')})`];
}

/** Whether recomputing comes out the same depends on versions; the record counts either way. */
function goingOn(run: string, { facts }: RunState, now: EnvironmentFacts): string {
  const changed = differences(facts.versions, now.versions);
  const versions = changed.length === 0 ? '' : `, under other versions (${changed.join(', ')})`;
  return `${run} goes on where it was left${versions}`;
}

/** How a cell ends whose run has stopped. */
export function outcomeOf(run: string, state: RunState): CellResult<null> {
  const { stopped } = state;
  const champion = championOf(state);
  const kept =
    champion === null
      ? 'No policy was found yet.'
      : `Kept: ${referenceOf(run, champion.candidate.id)}, ${scoreWords(champion.score)}.`;
  switch (stopped?.reason) {
    case 'interrupted':
      return refuse('KeyboardInterrupt', `${run} was stopped. ${kept} Run the cell again to go on.`);
    case 'budget':
    case 'exhausted':
      return champion === null
        ? refuse(
            'RunError',
            `${run} found no policy: ${stopped.message}. Give it more and run the cell again.`,
          )
        : succeed(null);
    case 'failed':
      return refuse('RunError', `${stopped.message}. ${kept} Run the cell again to go on.`);
    default:
      return succeed(null);
  }
}
