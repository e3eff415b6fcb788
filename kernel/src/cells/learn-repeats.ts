/** `%%learn` with `repeat: N`: independent searches, one after another, each a run of its own, in one view. */
import { fold, seedsFor, type RunSettings, type RunState } from '@policybook/engine';
import { openRepeats, openRun, type OpenedRepeats } from '@policybook/store';
import type { CellExecution } from '../cell-service';
import { found, type Outcome } from './cell-error';
import { isFinished, learnOn, outcomeOf } from './learn-run';
import { folderDeclaration, openingError, registerLearning, writing, type Learning } from './learning';
import type { Notebook } from './notebook';
import { RepeatsView } from './repeats-view';
import { conduct, type Sitting } from './sitting';

/** Milliseconds that the last picture may take: at an interrupt the cell ends within a second. */
const patience = { interrupted: 400, finished: 10_000 };

export async function learnRepeats(
  notebook: Notebook,
  learning: Learning,
  execution: CellExecution,
): Promise<Outcome<null>> {
  const { repeat, run } = learning.declaration;
  const opened = await openRepeats(notebook.runsFolder, { ...folderDeclaration(notebook, learning), repeat });
  if (!opened.ok) return openingError(opened);
  const { path, replaced, changed } = opened.value;
  await registerLearning(execution, learning, path);
  if (replaced !== null)
    execution.stream(
      'stdout',
      `the earlier run is now ${replaced}${changed.length === 0 ? '' : ` (changed: ${changed.join(', ')})`}\n`,
    );
  return conduct(notebook, learning.declaration, execution, (sitting) =>
    writing(opened.value, async () => {
      const view = new RepeatsView(sitting, run, repeat, notebook.evaluator);
      const outcome = await learnAll(notebook, learning, opened.value, view, sitting);
      await view.finish(sitting.signal.aborted ? patience.interrupted : patience.finished);
      return outcome;
    }),
  );
}

/** Until one does not end by itself. A search that found nothing is a result of the whole, and the others go on. */
async function learnAll(
  notebook: Notebook,
  learning: Learning,
  repeats: OpenedRepeats,
  view: RepeatsView,
  sitting: Sitting,
): Promise<Outcome<null>> {
  for (let search = 1; search <= learning.declaration.repeat; search++) {
    const state = await learnSearch(notebook, learning, repeats, search, view, sitting);
    if (!state.ok) return state;
    if (!isFinished(state.value)) return outcomeOf(searchName(learning, search), state.value);
  }
  return found(null);
}

async function learnSearch(
  notebook: Notebook,
  learning: Learning,
  repeats: OpenedRepeats,
  search: number,
  view: RepeatsView,
  sitting: Sitting,
): Promise<Outcome<RunState>> {
  const { environment, settings } = learning;
  const own = searchSettings(settings, search);
  const opened = await openRun(repeats.path, {
    ...folderDeclaration(notebook, learning),
    run: String(search),
    settings: own,
    again: false,
  });
  if (!opened.ok) return openingError(opened);
  const { folder, events, repaired } = opened.value;
  try {
    if (repaired !== null) sitting.stream('stdout', `${repaired}\n`);
    const before = fold(events);
    if (before !== null && isFinished(before)) {
      view.add(search, before);
      return found(before);
    }
    const task = { run: searchName(learning, search), settings: own, facts: environment.facts };
    return await learnOn(notebook, task, opened.value, view.observer(search), sitting);
  } finally {
    await folder.close();
  }
}

/** The same search but for its seed, which follows from the whole's by name. */
export function searchSettings(settings: RunSettings, search: number): RunSettings {
  const [seed = settings.seed] = seedsFor(settings.seed, ['repeat'], 1, search - 1);
  return { ...settings, seed };
}

function searchName({ declaration }: Pick<Learning, 'declaration'>, search: number): string {
  return `${declaration.run}/${search}`;
}
