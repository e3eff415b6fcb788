/** `%attach RUN`: shows a recorded run or comparison again, from its folder; of a repeated run all replicates, or RUN/2. */
import { fold, foldComparison } from '@policybook/engine';
import {
  readComparison,
  readPolicy,
  readRepeats,
  readRun,
  type UnreadableRecord,
  type StoredRepeats,
} from '@policybook/store';
import type { CellExecution } from '../../cell-service';
import { succeed, refuse, type CellResult } from '../errors/cell-failure';
import { ComparisonView } from '../outputs/comparison-view';
import type { Notebook } from '../notebook/notebook';
import { formatNotebookPath, readReadableRun } from '../notebook/references';
import { ReplicatesView } from '../outputs/replicates-view';
import { RunView } from '../outputs/run-view';
import { requireArgument } from './arguments';
import type { CommandHandler } from './command-handler';

/** Milliseconds for the picture. */
const patience = 5000;

export const attach: CommandHandler = async (notebook, command, execution) => {
  const { text } = requireArgument(command, 'run', 'run');
  const repeats = await readRepeats(notebook.runsFolder, text);
  if (repeats !== null) return attachRepeats(notebook, text, repeats, execution);
  const comparison = await readComparison(notebook.runsFolder, text);
  const compared = comparison === null ? null : foldComparison(comparison.lines);
  if (compared !== null)
    await new ComparisonView(execution, notebook.evaluator, compared).finish(compared, patience);
  if (comparison !== null && (compared !== null || comparison.unreadable !== null))
    return soundOrRefused([comparison.unreadable]);
  const recorded = await readReadableRun(notebook, text);
  if (!recorded.ok) return recorded;
  const { path, state, events, clocks, unreadable } = recorded.value;
  const source = {
    folder: formatNotebookPath(notebook, path),
    readPolicy: (file: string) => readPolicy(path, file),
    clocks: () => clocks,
  };
  await new RunView(execution, source, notebook.evaluator, events).show(state);
  return soundOrRefused([unreadable]);
};

/** What is sound of an unreadable record is shown, and must not pass for the whole of it. */
function soundOrRefused(records: readonly (UnreadableRecord | null)[]): CellResult<null> {
  const words = records.flatMap((unreadable) => (unreadable === null ? [] : [unreadable.message]));
  return words.length === 0 ? succeed(null) : refuse('RunError', words.join('\n'));
}

async function attachRepeats(
  notebook: Notebook,
  run: string,
  { repeat, replicates }: StoredRepeats,
  execution: CellExecution,
): Promise<CellResult<null>> {
  const view = new ReplicatesView(execution, run, repeat, notebook.evaluator);
  const unreadable: (UnreadableRecord | null)[] = [];
  for (const replicate of replicates) {
    const stored = await readRun(notebook.runsFolder, `${run}/${replicate}`);
    const state = stored.ok ? fold(stored.value.events) : null;
    if (state !== null) view.add(replicate, state);
    unreadable.push(stored.ok ? stored.value.unreadable : null);
  }
  await view.finish(patience);
  return soundOrRefused(unreadable);
}
