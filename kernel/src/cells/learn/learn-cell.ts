/** `%%learn`: a new run, an interrupted one resumed, or a finished one shown; once, or as several searches. */
import { fold, repetition, type RunEvent } from '@policybook/engine';
import { problemAt, type LearnCell } from '@policybook/language';
import { openRun, readRun, type OpenedRun } from '@policybook/store';
import type { CellExecution } from '../../cell-service';
import { refuseDiagnostics, type CellResult } from '../errors/cell-failure';
import { readDeclaration } from '../declarations/read-declaration';
import { resolveNamedEnvironment } from '../declarations/environments';
import { learnRepeats } from './learn-repeats';
import { isFinished, learnOn, outcomeOf, tellOpening } from './run';
import { folderDeclaration, openingError, registerLearning, writing, type Learning } from './open';
import type { Notebook } from '../notebook/notebook';
import { formatNotebookPath } from '../notebook/references';
import { policyLimits, runSettings } from './plan';
import { RunView } from '../outputs/run-view';
import { conduct, stillLearning, type OutputSink } from '../outputs/output-sink';
import { startingText } from './starting-text';

/** Milliseconds that the last picture may take: at an interrupt the cell ends within a second. */
const patience = { interrupted: 400, finished: 10_000 };

export async function runLearn(
  notebook: Notebook,
  cell: LearnCell,
  execution: CellExecution,
): Promise<CellResult<null>> {
  const declared = await readDeclaration(cell, execution);
  if (!declared.ok) return declared;
  const declaration = declared.value;
  if (declaration.kind !== 'learn') throw new Error('a learn cell declares a run');
  const busy = stillLearning(notebook, declaration.run);
  if (busy !== null) return busy;
  const confined = notebook.evaluator.request('jail.level', {}, execution);
  const environment = await resolveNamedEnvironment(
    notebook,
    cell,
    declaration.environment,
    declaration.overrides,
    execution.signal,
  );
  if (!environment.ok) return environment;
  const limits = await policyLimits(notebook, cell, declaration.policy, execution.signal);
  if (!limits.ok) return limits;
  const start = await startingText(
    notebook,
    declaration.start,
    { environment: environment.value, limits: limits.value, signal: execution.signal },
    (name, message) => refuseDiagnostics(name, cell.code, [problemAt(cell, { keys: [['start']] }, message)]),
  );
  if (!start.ok) return start;
  const settings = runSettings(declaration, environment.value, start.value, limits.value);
  const level = await confined;
  const unconfined = level.ok ? null : level;
  const learning = { cell, declaration, environment: environment.value, settings, unconfined };
  const outcome =
    declaration.repeat === 1
      ? await learnOnce(notebook, learning, execution)
      : await learnRepeats(notebook, learning, execution);
  if (!outcome.ok && outcome.error.name === 'AuthorError') return authorError(cell, outcome.error.message);
  return outcome;
}

const authorError = (cell: LearnCell, message: string): CellResult<never> =>
  refuseDiagnostics('AuthorError', cell.code, [problemAt(cell, { keys: [['author']] }, message)]);

async function learnOnce(
  notebook: Notebook,
  learning: Learning,
  execution: CellExecution,
): Promise<CellResult<null>> {
  const opened = await openRun(notebook.runsFolder, folderDeclaration(notebook, learning));
  if (!opened.ok) return openingError(opened);
  const { folder } = opened.value;
  await registerLearning(execution, learning, folder.path);
  tellOpening(learning.declaration.run, learning.environment.facts, opened.value, execution);
  return conduct(notebook, learning.declaration, execution, (sitting) =>
    writing(folder, () => sit(notebook, learning, opened.value, sitting)),
  );
}

/** One sitting of a run in its open folder. */
async function sit(
  notebook: Notebook,
  { declaration: { run }, environment, settings }: Learning,
  opened: OpenedRun,
  sitting: OutputSink,
): Promise<CellResult<null>> {
  const { folder, events, clocks } = opened;
  const startedAt = performance.now();
  const view = new RunView(
    sitting,
    {
      folder: formatNotebookPath(notebook, folder.path),
      readPolicy: (file) => folder.readPolicy(file),
      clocks: () => ({ ...clocks, elapsed: clocks.elapsed + (performance.now() - startedAt) / 1000 }),
    },
    notebook.evaluator,
    events,
  );
  const before = fold(events);
  if (before !== null && isFinished(before)) {
    sitting.stream(
      'stdout',
      `${run} has finished with this declaration; here is its record. again: true learns anew.\n`,
    );
    await view.show(before);
    return outcomeOf(run, before);
  }
  const repeated = await learnedBefore(notebook, opened);
  const task = { run, settings, facts: environment.facts };
  const state = await learnOn(notebook, task, opened, view, sitting, repeated);
  if (!state.ok) return state;
  await view.finish(state.value, sitting.signal.aborted ? patience.interrupted : patience.finished);
  if (repeated !== null && isFinished(state.value))
    await tellRepetition(notebook, run, opened, repeated, sitting);
  return outcomeOf(run, state.value);
}

/** The record of the same declaration that `again: true` has put aside. */
async function learnedBefore(
  notebook: Notebook,
  { replaced, changed }: OpenedRun,
): Promise<readonly RunEvent[] | null> {
  if (replaced === null || changed.length > 0) return null;
  const stored = await readRun(notebook.runsFolder, replaced);
  return stored.ok ? stored.value.events : null;
}

/** Whether it came out as before: across processors and versions that is not promised, and must be said. */
async function tellRepetition(
  notebook: Notebook,
  run: string,
  { replaced }: OpenedRun,
  before: readonly RunEvent[],
  sitting: OutputSink,
): Promise<void> {
  const now = await readRun(notebook.runsFolder, run);
  if (!now.ok) return;
  const found = repetition(before, now.value.events);
  const words = found.same
    ? `repeats ${replaced} event for event (${found.events})`
    : `differs from ${replaced} from event ${found.event} on (${found.type}): ${found.differences.slice(0, 3).join(', ')}`;
  sitting.stream('stdout', `${run} ${words}\n`);
}
