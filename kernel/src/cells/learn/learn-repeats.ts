/** `%%learn` with `repeat: N`: independent searches, one after another, each a run of its own, in one view. */
import { openRepeats, type OpenedRepeats } from '@policybook/store';
import type { CellExecution } from '../../cell-service';
import { succeed, type CellResult } from '../errors/cell-failure';
import { isFinished, outcomeOf, replacementLines } from './run';
import { folderDeclaration, openingError, registerLearning, writing, type Learning } from './open';
import type { Notebook } from '../notebook/notebook';
import { ReplicatesView } from '../outputs/replicates-view';
import { searchOnce, searchSettings } from './replicates';
import { conduct, type OutputSink } from '../outputs/output-sink';

/** Milliseconds that the last picture may take: at an interrupt the cell ends within a second. */
const patience = { interrupted: 400, finished: 10_000 };

export async function learnRepeats(
  notebook: Notebook,
  learning: Learning,
  execution: CellExecution,
): Promise<CellResult<null>> {
  const { repeat, run } = learning.declaration;
  const opened = await openRepeats(notebook.runsFolder, { ...folderDeclaration(notebook, learning), repeat });
  if (!opened.ok) return openingError(opened);
  const { path, replaced, changed } = opened.value;
  await registerLearning(execution, learning, path);
  for (const line of replacementLines({ replaced, changed })) execution.stream('stdout', `${line}\n`);
  return conduct(notebook, learning.declaration, execution, (sitting) =>
    writing(opened.value, async () => {
      const view = new ReplicatesView(sitting, run, repeat, notebook.evaluator);
      const outcome = await learnAll(notebook, learning, opened.value, view, sitting);
      await view.finish(sitting.signal.aborted ? patience.interrupted : patience.finished);
      return outcome;
    }),
  );
}

/** Until one does not end by itself. A search that found nothing is a result of the whole, and the others go on. */
async function learnAll(
  notebook: Notebook,
  { cell, declaration, environment, settings }: Learning,
  { path }: OpenedRepeats,
  view: ReplicatesView,
  sitting: OutputSink,
): Promise<CellResult<null>> {
  const { run, repeat } = declaration;
  for (let search = 1; search <= repeat; search++) {
    const own = searchSettings(settings, search);
    const task = { root: path, run, search, settings: own, facts: environment.facts, cell: cell.code };
    const state = await searchOnce(notebook, task, view.observer(search), sitting);
    if (!state.ok) return state;
    view.add(search, state.value);
    if (!isFinished(state.value)) return outcomeOf(`${run}/${search}`, state.value);
  }
  return succeed(null);
}
