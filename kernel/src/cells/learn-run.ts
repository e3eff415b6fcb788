/** One sitting of one run in its open folder: it learns, or shows what it has learned. */
import { createAuthor } from '@policybook/authors';
import {
  fold,
  learn,
  type EnvironmentFacts,
  type RunObserver,
  type RunSettings,
  type RunState,
} from '@policybook/engine';
import type { RecordedRun } from '@policybook/store';
import { championOf, referenceOf, scoreWords } from '@policybook/views';
import { found, refused, type Outcome } from './cell-error';
import type { Notebook } from './notebook';
import type { Sitting } from './sitting';

export interface RunTask {
  /** As it is referred to: `first`, `first/2`. */
  readonly run: string;
  readonly settings: RunSettings;
  readonly facts: EnvironmentFacts;
}

/** An error where there can be no such author. */
export async function learnOn(
  notebook: Notebook,
  task: RunTask,
  { folder, events, clocks }: RecordedRun,
  observer: RunObserver,
  sitting: Pick<Sitting, 'stream' | 'signal'>,
): Promise<Outcome<RunState>> {
  const author = createAuthor(task.settings.author, {
    evaluator: notebook.evaluator,
    calls: folder.calls,
    variables: notebook.services.env,
    notice: (message) => {
      sitting.stream('stderr', `${message}\n`);
    },
  });
  if (!author.ok) return refused('AuthorError', author.message);
  const state = await learn(
    task,
    {
      author: author.value,
      evaluator: notebook.evaluator,
      journal: folder,
      clock: { now: () => performance.now() },
      observer,
    },
    { signal: sitting.signal, resumeFrom: events, clocks },
  );
  return found(state);
}

export function isFinished({ stopped }: RunState): boolean {
  return stopped?.reason === 'exhausted' || stopped?.reason === 'budget';
}

/** What opening a folder did, and whether its run goes on. */
export function tellOpening(
  run: string,
  opened: Pick<RecordedRun, 'events' | 'repaired'> & {
    readonly replaced: string | null;
    readonly changed: readonly string[];
  },
  sitting: Pick<Sitting, 'stream'>,
): void {
  const { events, repaired, replaced, changed } = opened;
  const before = fold(events);
  const goesOn = before !== null && !isFinished(before);
  const lines = [
    ...(repaired === null ? [] : [repaired]),
    ...(replaced === null
      ? []
      : [
          `the earlier run is now ${replaced}${changed.length === 0 ? '' : ` (changed: ${changed.join(', ')})`}`,
        ]),
    ...(goesOn ? [`${run} goes on where it was left`] : []),
  ];
  if (lines.length > 0) sitting.stream('stdout', `${lines.join('\n')}\n`);
}

/** How a cell ends whose run has stopped. */
export function outcomeOf(run: string, state: RunState): Outcome<null> {
  const { stopped } = state;
  const champion = championOf(state);
  const kept =
    champion === null
      ? 'No policy was found yet.'
      : `Kept: ${referenceOf(run, champion.candidate.id)}, ${scoreWords(champion.score)}.`;
  switch (stopped?.reason) {
    case 'interrupted':
      return refused('KeyboardInterrupt', `${run} was stopped. ${kept} Run the cell again to go on.`);
    case 'budget':
    case 'exhausted':
      return champion === null
        ? refused(
            'RunError',
            `${run} found no policy: ${stopped.message}. Give it more and run the cell again.`,
          )
        : found(null);
    case 'failed':
      return refused('RunError', `${stopped.message}. ${kept} Run the cell again to go on.`);
    default:
      return found(null);
  }
}
