/** `%wait RUN [most=DURATION]`: until a run in the background has ended, which is then shown as `%attach` shows it. */
import type { CellExecution } from '../../cell-service';
import { succeed, refuse, type CellFailure } from '../errors/cell-failure';
import type { EndedWork } from '../notebook/background-runs';
import { requireArgument, findArgument } from './arguments';
import { attach } from './attach';
import type { CommandHandler } from './command-handler';

/** The most milliseconds that a timer of Node's takes, 24 days; it fires at once for a longer time. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Waits for a run in the background and shows it; ends early at the given time or at an interrupt, the run going on. */
export const wait: CommandHandler = async (notebook, command, execution) => {
  const { text: run } = requireArgument(command, 'run', 'run');
  const most = findArgument(command, 'most', 'duration')?.seconds ?? null;
  const ended = notebook.background.waitFor(run);
  const outcome =
    ended === undefined
      ? notebook.background.findEnded(run)
      : await waitForFirst(ended, most, execution.signal);
  if (outcome === undefined)
    return notebook.background.refuseIfRunning(run) ?? attach(notebook, command, execution);
  switch (outcome) {
    case 'interrupted':
      return refuse('KeyboardInterrupt', `${run} goes on in the background; %stop ${run} ends it`);
    case 'late':
      execution.stream('stdout', `${run} has not ended after ${most} s; it goes on in the background\n`);
      return succeed(null);
    default: {
      writeWarnings(outcome, execution);
      const shown = await attach(notebook, command, execution);
      // The run's own failure says more than that of showing it, which may be that nothing was recorded. That it was
      // stopped before is no failure now.
      return ended === undefined && hasBeenStopped(outcome) ? shown : (findFailure(outcome) ?? shown);
    }
  }
};

/** Writes what was said of a run while it was in the background, where its cell may no longer be looked at. */
export function writeWarnings({ warnings }: EndedWork, execution: Pick<CellExecution, 'stream'>): void {
  if (warnings.length > 0) execution.stream('stderr', `${warnings.join('\n')}\n`);
}

/** Finds the failure that the run ended with; `null` where it ended by itself. */
export function findFailure({ result }: EndedWork): CellFailure | null {
  return result.ok ? null : result;
}

/** Whether the run was ended by `%stop`. */
export function hasBeenStopped({ result }: EndedWork): boolean {
  return !result.ok && result.name === 'KeyboardInterrupt';
}

/** Waits until the run has ended, the seconds have passed or the signal aborts; `null` seconds are unlimited. */
export async function waitForFirst(
  ended: Promise<EndedWork>,
  seconds: number | null,
  signal: AbortSignal,
): Promise<EndedWork | 'late' | 'interrupted'> {
  if (signal.aborted) return 'interrupted';
  const over = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    if (seconds !== null)
      timer = setTimeout(
        () => {
          resolve('late');
        },
        Math.min(seconds * 1000, MAX_TIMER_MS),
      );
  });
  const interrupted = new Promise<'interrupted'>((resolve) => {
    const onAbort = (): void => {
      resolve('interrupted');
    };
    signal.addEventListener('abort', onAbort, { once: true, signal: over.signal });
  });
  try {
    return await Promise.race([ended, late, interrupted]);
  } finally {
    clearTimeout(timer);
    over.abort();
  }
}
