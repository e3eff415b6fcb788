/** `%stop RUN`: ends a run in the background; everything found is kept. */
import { refuse, removeFullStop, succeed } from '../errors/cell-failure';
import { readSoundRun } from '../notebook/references';
import { readComparison, readReplicatedRun } from '@policybook/store';
import { requireArgument } from './arguments';
import type { EndedWork } from '../notebook/background-runs';
import type { CommandHandler } from './command-handler';
import { findFailure, hasBeenStopped, waitForFirst, writeWarnings } from './wait';

/**
 * Stops a run in the background. That a run is not running is no error; that it does not exist is one, and so is the name
 * of a replicate, which stops with its whole run only.
 */
export const stop: CommandHandler = async (notebook, command, execution) => {
  const { text: run } = requireArgument(command, 'run', 'run');
  const ending = notebook.background.stop(run);
  if (ending === undefined) {
    const before = notebook.background.findEnded(run);
    if (before !== undefined) {
      writeWarnings(before, execution);
      execution.stream('stdout', `${run} is not running${formatEnd(before)}; %attach ${run} shows it\n`);
      return succeed(null);
    }
    const busy = notebook.background.refuseIfRunning(run);
    if (busy !== null) return busy;
    // A name that is not known is a slip; a run that has ended is what was wanted.
    const root = notebook.runsFolder;
    const others = [await readReplicatedRun(root, run), await readComparison(root, run)];
    if (others.every((other) => other === null)) {
      const known = await readSoundRun(notebook, run);
      if (!known.ok) return known;
    }
    execution.stream('stdout', `${run} is not running; %attach ${run} shows it\n`);
    return succeed(null);
  }
  const ended = await waitForFirst(ending, null, execution.signal);
  if (ended === 'interrupted' || ended === 'late')
    return refuse('KeyboardInterrupt', `${run} is ending; %wait ${run} waits for it`);
  writeWarnings(ended, execution);
  execution.stream('stdout', `${formatStopped(run, ended)}\n`);
  return succeed(null);
};

/** Says what a run in the background came to that was stopped. */
export function formatStopped(run: string, ended: EndedWork): string {
  return findFailure(ended)?.message ?? `${run} had just ended`;
}

/** Says how a run ended that is not running any more: ": it failed, RunError: …". */
function formatEnd(ended: EndedWork): string {
  const failure = hasBeenStopped(ended) ? null : findFailure(ended);
  return failure === null ? '' : `: it failed, ${failure.name}: ${removeFullStop(failure.message)}`;
}
