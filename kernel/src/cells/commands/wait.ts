/** `%wait RUN [most=DURATION]`: until a run in the background has ended, which is then shown as `%attach` shows it. */
import type { CellExecution } from '../../cell-service';
import { succeed, refuse, type CellResult } from '../errors/cell-failure';
import type { Notebook } from '../notebook/notebook';
import { requireArgument, findArgument } from './arguments';
import { attach } from './attach';
import type { CommandHandler } from './command-handler';

/** Waits for a run in the background and shows it; ends early at the given time or at an interrupt, the run going on. */
export const wait: CommandHandler = async (notebook, command, execution) => {
  const { text: run } = requireArgument(command, 'run', 'run');
  const most = findArgument(command, 'most', 'duration')?.seconds ?? null;
  const ended = notebook.background.waitFor(run);
  if (ended === undefined) return attach(notebook, command, execution);
  const outcome = await waitForFirst(ended, most, execution.signal);
  switch (outcome) {
    case 'interrupted':
      return refuse('KeyboardInterrupt', `${run} goes on in the background; %stop ${run} ends it`);
    case 'late':
      execution.stream('stdout', `${run} has not ended after ${most} s; it goes on in the background\n`);
      return succeed(null);
    default: {
      const shown = await showEnded(notebook, command, execution);
      return outcome.ok ? shown : outcome;
    }
  }
};

/** Shows a run that has ended; one that ended before anything was recorded has only its error to show. */
async function showEnded(
  notebook: Notebook,
  command: Parameters<CommandHandler>[1],
  execution: CellExecution,
): Promise<CellResult<null>> {
  const shown = await attach(notebook, command, execution);
  return shown.ok ? shown : succeed(null);
}

async function waitForFirst(
  ended: Promise<CellResult<null>>,
  seconds: number | null,
  signal: AbortSignal,
): Promise<CellResult<null> | 'late' | 'interrupted'> {
  const over = new AbortController();
  const until = (other: AbortSignal, word: 'late' | 'interrupted') =>
    new Promise<typeof word>((resolve) => {
      if (other.aborted) resolve(word);
      other.addEventListener(
        'abort',
        () => {
          resolve(word);
        },
        { once: true, signal: over.signal },
      );
    });
  const timer = new AbortController();
  const timeout =
    seconds === null
      ? undefined
      : setTimeout(() => {
          timer.abort();
        }, seconds * 1000);
  try {
    return await Promise.race([ended, until(signal, 'interrupted'), until(timer.signal, 'late')]);
  } finally {
    clearTimeout(timeout);
    over.abort();
  }
}
