/** `%attach RUN`: shows a recorded run again, from its folder. */
import { readPolicy, readRun } from '@policybook/store';
import { found } from '../cell-error';
import { fromNotebook, recordedRun } from '../references';
import { RunView } from '../run-view';
import { argumentOf } from './arguments';
import type { CommandHandler } from './index';

export const attach: CommandHandler = async (notebook, command, execution) => {
  const { text } = argumentOf(command, 'run', 'run');
  const recorded = await recordedRun(notebook, text);
  if (!recorded.ok) return recorded;
  const { path, state } = recorded.value;
  const stored = await readRun(notebook.runsFolder, text);
  const { events, clocks } = stored.ok ? stored.value : { events: [], clocks: { elapsed: 0, cpu: 0 } };
  const source = {
    folder: fromNotebook(notebook, path),
    readPolicy: (file: string) => readPolicy(path, file),
    clocks: () => clocks,
  };
  await new RunView(execution, source, notebook.evaluator, events).show(state);
  return found(null);
};
