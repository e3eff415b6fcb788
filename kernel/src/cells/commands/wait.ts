/** `%wait RUN [most=DURATION]`: until a run in the background has ended, which is then shown as `%attach` shows it. */
import { succeed, refuse, type CellResult } from '../errors/cell-failure';
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
  if (ended === undefined)
    return notebook.background.refuseIfRunning(run) ?? attach(notebook, command, execution);
  const outcome = await waitForFirst(ended, most, execution.signal);
  switch (outcome) {
    case 'interrupted':
      return refuse('KeyboardInterrupt', `${run} goes on in the background; %stop ${run} ends it`);
    case 'late':
      execution.stream('stdout', `${run} has not ended after ${most} s; it goes on in the background\n`);
      return succeed(null);
    default: {
      const shown = await attach(notebook, command, execution);
      // The run's own failure says more than that of showing it, which may be that nothing was recorded.
      return outcome.ok ? shown : outcome;
    }
  }
};

/** Waits until the run has ended, the seconds have passed or the signal aborts; `null` seconds are unlimited. */
export async function waitForFirst(
  ended: Promise<CellResult<null>>,
  seconds: number | null,
  signal: AbortSignal,
): Promise<CellResult<null> | 'late' | 'interrupted'> {
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
