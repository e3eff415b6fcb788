/** `%%learn`: a new run, an interrupted one resumed, or a finished one shown. */
import { authorObstacle, createAuthor } from '@policybook/authors';
import { fold, learn, type RunSettings, type RunState } from '@policybook/engine';
import { problemAt, type LearnCell, type LearnDeclaration } from '@policybook/language';
import { openRun, StoreError, type OpenedRun } from '@policybook/store';
import { championOf, referenceOf, scoreWords } from '@policybook/views';
import type { CellExecution } from '../cell-service';
import { found, problemsError, refused, type Outcome } from './cell-error';
import { declare } from './declare';
import { resolveNamed } from './environments';
import { failureText } from './evaluator-failure';
import type { DeclaredEnvironment, Notebook } from './notebook';
import { fromNotebook, namedPolicy } from './references';
import { environmentRegistration } from './registration';
import { policyLimits, runSettings } from './run-settings';
import { RunView } from './run-view';
import { playability } from './score-policy';

/** Milliseconds that the last picture may take: at an interrupt the cell ends within a second. */
const patience = { interrupted: 400, finished: 10_000 };

export async function runLearn(
  notebook: Notebook,
  cell: LearnCell,
  execution: CellExecution,
): Promise<Outcome<null>> {
  const declared = await declare(cell, execution);
  if (!declared.ok) return declared;
  const declaration = declared.value;
  if (declaration.kind !== 'learn') throw new Error('a learn cell declares a run');
  const environment = await resolveNamed(
    notebook,
    cell,
    declaration.environment,
    declaration.overrides,
    execution.signal,
  );
  if (!environment.ok) return environment;
  const start = await startingText(notebook, cell, declaration, environment.value, execution.signal);
  if (!start.ok) return start;
  const settings = runSettings(declaration, environment.value, start.value);
  const opened = await openRun(notebook.runsFolder, {
    run: declaration.run,
    settings,
    cell: cell.code,
    environment: environment.value.facts.versions,
    again: declaration.again,
    obstacle: () => authorObstacle(settings.author, notebook.services.env),
  });
  if (!opened.ok)
    return opened.code === 'missing_key'
      ? authorError(cell, opened.message)
      : refused('RunError', opened.message);
  try {
    return await sit(
      notebook,
      { cell, declaration, environment: environment.value, settings },
      opened.value,
      execution,
    );
  } catch (error) {
    if (error instanceof StoreError) return refused('RunError', error.message, [`code: ${error.code}`]);
    throw error;
  } finally {
    await opened.value.folder.close();
  }
}

/** The text that a run starts from; one that cannot be played is told here and not as a rejected candidate. */
async function startingText(
  notebook: Notebook,
  cell: LearnCell,
  declaration: LearnDeclaration,
  environment: DeclaredEnvironment,
  signal: AbortSignal,
): Promise<Outcome<string | null>> {
  const { start } = declaration;
  if (start === null) return found(null);
  const place = (name: string, message: string): Outcome<never> =>
    problemsError(name, cell.code, [problemAt(cell, { keys: [['start']] }, message)]);
  const named = await namedPolicy(notebook, start);
  if (!named.ok) return place(named.error.name, named.error.message);
  const { source, reference } = named.value;
  const failure = await playability(notebook, environment, source, policyLimits(declaration), signal);
  if (!failure.ok) return failure;
  return failure.value === null
    ? found(source)
    : place('PolicyError', `${reference} cannot be played: ${failureText(failure.value)}`);
}

const authorError = (cell: LearnCell, message: string): Outcome<never> =>
  problemsError('AuthorError', cell.code, [problemAt(cell, { keys: [['author']] }, message)]);

interface Resolved {
  readonly cell: LearnCell;
  readonly declaration: LearnDeclaration;
  readonly environment: DeclaredEnvironment;
  readonly settings: RunSettings;
}

/** One sitting of a run in its open folder. */
async function sit(
  notebook: Notebook,
  { cell, declaration, environment, settings }: Resolved,
  { folder, events, clocks, ...opened }: OpenedRun,
  execution: CellExecution,
): Promise<Outcome<null>> {
  const { run } = declaration;
  await execution.register({
    declarations: [
      environmentRegistration(environment),
      { kind: 'learn', name: run, folder: folder.path, environment: environment.name },
    ],
  });
  tellOpening(run, { events, ...opened }, execution);
  const startedAt = performance.now();
  const view = new RunView(
    execution,
    {
      folder: fromNotebook(notebook, folder.path),
      readPolicy: (file) => folder.readPolicy(file),
      clocks: () => ({ elapsed: clocks.elapsed + (performance.now() - startedAt) / 1000, cpu: clocks.cpu }),
    },
    notebook.evaluator,
    events,
  );
  const before = fold(events);
  if (before !== null && isFinished(before)) {
    execution.stream(
      'stdout',
      `${run} has finished with this declaration; here is its record. again: true learns anew.\n`,
    );
    await view.show(before);
    return outcomeOf(run, before);
  }
  const author = createAuthor(settings.author, {
    evaluator: notebook.evaluator,
    calls: folder.calls,
    variables: notebook.services.env,
    notice: (message) => {
      execution.stream('stderr', `${message}\n`);
    },
  });
  if (!author.ok) return authorError(cell, author.message);
  const state = await learn(
    { run, settings, facts: environment.facts },
    {
      author: author.value,
      evaluator: notebook.evaluator,
      journal: folder,
      clock: { now: () => performance.now() },
      observer: view,
    },
    { signal: execution.signal, resumeFrom: events, clocks },
  );
  const interrupted = execution.signal.aborted;
  await view.finish(state, interrupted ? patience.interrupted : patience.finished);
  return outcomeOf(run, state);
}

function isFinished({ stopped }: RunState): boolean {
  return stopped?.reason === 'exhausted' || stopped?.reason === 'budget';
}

function tellOpening(
  run: string,
  { events, repaired, replaced, changed }: Pick<OpenedRun, 'events' | 'repaired' | 'replaced' | 'changed'>,
  execution: CellExecution,
): void {
  const before = fold(events);
  const goesOn = before !== null && !isFinished(before);
  const lines = [
    ...(repaired === null ? [] : [repaired]),
    ...(replaced === null
      ? []
      : [
          `the earlier run is now ${replaced}${changed.length === 0 ? '' : ` (changed: ${changed.join(', ')})`}`,
        ]),
    ...(goesOn ? [`${run} goes on where it was left`] : []),
  ];
  if (lines.length > 0) execution.stream('stdout', `${lines.join('\n')}\n`);
}

function outcomeOf(run: string, state: RunState): Outcome<null> {
  const { stopped } = state;
  const champion = championOf(state);
  const kept =
    champion === null
      ? 'No policy was found yet.'
      : `Kept: ${referenceOf(run, champion.candidate.id)}, ${scoreWords(champion.score)}.`;
  switch (stopped?.reason) {
    case 'interrupted':
      return refused('KeyboardInterrupt', `${run} was stopped. ${kept} Run the cell again to go on.`);
    case 'budget':
    case 'exhausted':
      return champion === null
        ? refused(
            'RunError',
            `${run} found no policy: ${stopped.message}. Give it more and run the cell again.`,
          )
        : found(null);
    case 'failed':
      return refused('RunError', `${stopped.message}. ${kept} Run the cell again to go on.`);
    default:
      return found(null);
  }
}
