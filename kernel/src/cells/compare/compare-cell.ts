/** `%%compare`: a new comparison, an interrupted one gone on with, or a finished one shown. */
import { authorObstacle } from '@policybook/authors';
import type { Failure, PolicyLimits } from '@policybook/protocol';
import {
  compare,
  foldComparison,
  type ComparisonSettings,
  type ComparisonState,
  type ContestantSettings,
} from '@policybook/engine';
import { problemAt, type CompareCell, type CompareDeclaration } from '@policybook/language';
import { openComparison, type OpenedComparison } from '@policybook/store';
import type { CellExecution } from '../../cell-service';
import { succeed, refuseDiagnostics, refuse, type CellResult } from '../errors/cell-failure';
import { readDeclaration } from '../declarations/read-declaration';
import { resolveNamedEnvironment, resolveRecordedEnvironment } from '../declarations/environments';
import { openingError, writing } from '../learn/open';
import type { DeclaredEnvironment, Notebook } from '../notebook/notebook';
import { registerEnvironment } from '../declarations/registration';
import { policyLimits } from '../learn/plan';
import { conduct, stillLearning, type OutputSink } from '../outputs/output-sink';
import { ComparisonView } from '../outputs/comparison-view';
import { contestantSettings, namedPolicies, type Policies } from './contestants';
import { CellContestantProvider } from './contestant-provider';

/** Milliseconds that the last picture may take: at an interrupt the cell ends within a second. */
const patience = { interrupted: 400, finished: 10_000 };

export async function runCompare(
  notebook: Notebook,
  cell: CompareCell,
  execution: CellExecution,
): Promise<CellResult<null>> {
  const declared = await readDeclaration(cell, execution);
  if (!declared.ok) return declared;
  const declaration = declared.value;
  if (declaration.kind !== 'compare') throw new Error('a compare cell declares a comparison');
  const { comparison: run, background } = declaration;
  const busy = stillLearning(notebook, run);
  if (busy !== null) return busy;
  const confined = notebook.evaluator.request('jail.level', {}, execution);
  const resolving = { notebook, cell, declaration, signal: execution.signal };
  const policies = await namedPolicies(resolving);
  if (!policies.ok) return policies;
  const environment = await environmentOf(notebook, cell, declaration, policies.value, execution.signal);
  if (!environment.ok) return environment;
  const limits = await policyLimits(notebook, cell, declaration.policy, execution.signal);
  if (!limits.ok) return limits;
  const contestants = await contestantSettings(resolving, environment.value, policies.value, limits.value);
  if (!contestants.ok) return contestants;
  const settings = settingsOf(declaration, environment.value, contestants.value, limits.value);
  if (!settings.ok)
    return refuseDiagnostics('DeclarationError', cell.code, [
      problemAt(cell, { keys: [['against']] }, settings.error.message),
    ]);
  const level = await confined;
  const opened = await openComparison(notebook.runsFolder, {
    comparison: run,
    settings: settings.value,
    cell: cell.code,
    environment: environment.value.facts.versions,
    again: declaration.again,
    obstacle: () => (level.ok ? obstacleOf(notebook, contestants.value) : level),
  });
  if (!opened.ok)
    return opened.code === 'missing_key'
      ? refuseDiagnostics('AuthorError', cell.code, [problemAt(cell, { keys: [['authors']] }, opened.message)])
      : openingError(opened);
  const { folder } = opened.value;
  await execution.register({
    declarations: [
      registerEnvironment(environment.value),
      { kind: 'comparison', name: run, folder: folder.path, environment: environment.value.name },
    ],
  });
  tellOpening(run, opened.value, execution);
  return conduct(notebook, { run, background }, execution, (sitting) =>
    writing(folder, () =>
      sit(
        notebook,
        {
          cell,
          declaration,
          environment: environment.value,
          settings: settings.value,
          policies: policies.value,
        },
        opened.value,
        sitting,
      ),
    ),
  );
}

/** The environment that is named, else that of the first run among the policies. */
async function environmentOf(
  notebook: Notebook,
  cell: CompareCell,
  declaration: CompareDeclaration,
  policies: Policies,
  signal: AbortSignal,
): Promise<CellResult<DeclaredEnvironment>> {
  const { environment, overrides } = declaration;
  if (environment !== null) return resolveNamedEnvironment(notebook, cell, environment, overrides, signal);
  const origin = [...policies.values()].flat().find((policy) => policy.origin !== null)?.origin;
  if (!origin) {
    const message = "'environment' is missing, and nobody who takes part was learned in one";
    return refuseDiagnostics('DeclarationError', cell.code, [problemAt(cell, { keys: [] }, message)]);
  }
  const { settings } = origin.state;
  // As it was learned in, whatever a cell of that name declares by now.
  const { environmentName: name, environment: spec, observation, returns } = settings;
  return resolveRecordedEnvironment(notebook, cell, { name, environment: spec, observation, returns }, overrides, signal);
}

function settingsOf(
  declaration: CompareDeclaration,
  environment: DeclaredEnvironment,
  contestants: readonly ContestantSettings[],
  policy: PolicyLimits,
): CellResult<ComparisonSettings> {
  const against = declaration.against ?? contestants[0]?.name ?? '';
  const names = contestants.map(({ name }) => name);
  if (!names.includes(against))
    return refuse('DeclarationError', `against: expected one of ${names.join(', ')}, found '${against}'`);
  return succeed({
    environment: environment.environment,
    environmentName: environment.name,
    returns: environment.returns === null ? null : [...environment.returns],
    episodes: declaration.episodes,
    seed: declaration.seed,
    confidence: declaration.confidence,
    policy,
    against,
    contestants: [...contestants],
  });
}

/** What keeps an author from working, told before anything is played. */
function obstacleOf(notebook: Notebook, contestants: readonly ContestantSettings[]): Failure | null {
  for (const { origin } of contestants) {
    if (origin.kind !== 'author') continue;
    const obstacle = authorObstacle(origin.settings.author, notebook.services.env);
    if (obstacle !== null) return obstacle;
  }
  return null;
}

interface Resolved {
  readonly cell: CompareCell;
  readonly declaration: CompareDeclaration;
  readonly environment: DeclaredEnvironment;
  readonly settings: ComparisonSettings;
  readonly policies: Policies;
}

async function sit(
  notebook: Notebook,
  { cell, declaration, environment, settings, policies }: Resolved,
  { folder, lines, clocks }: OpenedComparison,
  sitting: OutputSink,
): Promise<CellResult<null>> {
  const { comparison } = declaration;
  const before = foldComparison(lines);
  const view = new ComparisonView(sitting, notebook.evaluator, before);
  if (before?.stopped?.reason === 'finished') {
    sitting.stream(
      'stdout',
      `${comparison} has finished with this declaration; here is its record. again: true compares anew.\n`,
    );
    await view.finish(before, patience.finished);
    return succeed(null);
  }
  const state = await compare(
    { comparison, settings, facts: environment.facts },
    {
      evaluator: notebook.evaluator,
      recruiting: new CellContestantProvider(notebook, environment, policies, folder, cell.code, sitting),
      journal: folder,
      clock: { now: () => performance.now() },
      observer: view,
    },
    { signal: sitting.signal, resumeFrom: lines, clocks },
  );
  await view.finish(state, sitting.signal.aborted ? patience.interrupted : patience.finished);
  return outcomeOf(comparison, state);
}

function outcomeOf(comparison: string, { stopped }: ComparisonState): CellResult<null> {
  switch (stopped?.reason) {
    case 'interrupted':
      return refuse(
        'KeyboardInterrupt',
        `${comparison} was stopped. What was played is kept; run the cell again to go on.`,
      );
    case 'failed':
      return refuse(
        'CompareError',
        `${stopped.message}. What was played is kept; run the cell again to go on.`,
      );
    default:
      return succeed(null);
  }
}

function tellOpening(
  comparison: string,
  { lines, repaired, replaced, changed }: OpenedComparison,
  execution: Pick<CellExecution, 'stream'>,
): void {
  const before = foldComparison(lines);
  const said = [
    ...(repaired === null ? [] : [repaired]),
    ...(replaced === null
      ? []
      : [
          `the earlier one is now ${replaced}${changed.length === 0 ? '' : ` (changed: ${changed.join(', ')})`}`,
        ]),
    ...(before !== null && before.stopped?.reason !== 'finished'
      ? [`${comparison} goes on where it was left`]
      : []),
  ];
  if (said.length > 0) execution.stream('stdout', `${said.join('\n')}\n`);
}
