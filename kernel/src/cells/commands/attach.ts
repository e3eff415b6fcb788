/** `%attach RUN`: shows a recorded run or comparison again, from its folder; of a repeated run all searches, or RUN/2. */
import { fold, foldComparison } from '@policybook/engine';
import { readComparison, readPolicy, readRepeats, readRun, type StoredRepeats } from '@policybook/store';
import type { CellExecution } from '../../cell-service';
import { found, type Outcome } from '../cell-error';
import { ComparisonView } from '../compare/comparison-view';
import type { Notebook } from '../notebook';
import { fromNotebook, recordedRun } from '../references';
import { RepeatsView } from '../repeats-view';
import { RunView } from '../run-view';
import { argumentOf } from './arguments';
import type { CommandHandler } from './command-handler';

/** Milliseconds for the picture. */
const patience = 5000;

export const attach: CommandHandler = async (notebook, command, execution) => {
  const { text } = argumentOf(command, 'run', 'run');
  const repeats = await readRepeats(notebook.runsFolder, text);
  if (repeats !== null) return attachRepeats(notebook, text, repeats, execution);
  const comparison = await readComparison(notebook.runsFolder, text);
  const compared = comparison === null ? null : foldComparison(comparison.lines);
  if (compared !== null) {
    await new ComparisonView(execution, notebook.evaluator, compared).finish(compared, patience);
    return found(null);
  }
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

async function attachRepeats(
  notebook: Notebook,
  run: string,
  { repeat, searches }: StoredRepeats,
  execution: CellExecution,
): Promise<Outcome<null>> {
  const view = new RepeatsView(execution, run, repeat, notebook.evaluator);
  for (const search of searches) {
    const stored = await readRun(notebook.runsFolder, `${run}/${search}`);
    const state = stored.ok ? fold(stored.value.events) : null;
    if (state !== null) view.add(search, state);
  }
  await view.finish(patience);
  return found(null);
}
