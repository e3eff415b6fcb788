/** `%stop RUN`: ends a run in the background; everything found is kept. */
import { found } from '../cell-error';
import { recordedRun } from '../references';
import { readComparison, readRepeats } from '@policybook/store';
import { argumentOf } from './arguments';
import type { CommandHandler } from './command-handler';

export const stop: CommandHandler = async (notebook, command, execution) => {
  const { text: run } = argumentOf(command, 'run', 'run');
  const ended = await notebook.background.stop(run);
  if (ended === undefined) {
    // A name that nobody knows is a slip; a run that has ended is what was wanted.
    const root = notebook.runsFolder;
    const others = [await readRepeats(root, run), await readComparison(root, run)];
    if (others.every((other) => other === null)) {
      const known = await recordedRun(notebook, run);
      if (!known.ok) return known;
    }
    execution.stream('stdout', `${run} is not running\n`);
    return found(null);
  }
  const said = ended.ok ? `${run} had just ended` : ended.error.message;
  execution.stream('stdout', `${said}\n`);
  return found(null);
};
