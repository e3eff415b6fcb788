/** From a `%%learn` cell to a plan: everything its run needs is looked up and checked, and nothing is written. */
import { DEFAULT_ACCEPTANCE, DEFAULT_RACING, deriveSeeds, type RunSettings } from '@policybook/engine';
import {
  diagnoseAt,
  type Declaration,
  type LearnCell,
  type LearnDeclaration,
  type Reference,
  type RunKeys,
} from '@policybook/language';
import type { Failure, PolicyLimits } from '@policybook/protocol';
import type { CellExecution } from '../../cell-service';
import type { ReportingExecution } from '../declarations/current-environment';
import { resolveNamedEnvironment } from '../declarations/environments';
import { resolvePolicyLimits } from '../declarations/policy-limits';
import { readDeclaration } from '../declarations/read-declaration';
import { resolveSimplification } from '../declarations/variant-environments';
import { tryPolicy } from '../declarations/score-policy';
import { refuseDiagnostics, succeed, type CellFailure, type CellResult } from '../errors/cell-failure';
import { formatPolicyFailure } from '../errors/evaluator-failure';
import type { DeclaredEnvironment, Notebook } from '../notebook/notebook';
import { findObstacle } from '../notebook/author-keys';
import { resolveAuthor } from '../notebook/recorded-answers';
import { readNamedPolicy } from '../notebook/references';
import { SYSTEM_CLOCK } from '../notebook/system-clock';
import { CellClock } from './cell-clock';

/** A `%%learn` cell resolved: everything that is needed to run it. */
export interface RunPlan {
  /** The run as people refer to it: `first`, `first/2`. */
  readonly run: string;
  /** Code of the cell that declares it, as the run folder keeps it. */
  readonly cell: string;
  readonly environment: DeclaredEnvironment;
  readonly settings: RunSettings;
  /** Number of independent replicates, from 1. */
  readonly repeat: number;
  /** Whether the cell ends at once and the run goes on after it. */
  readonly background: boolean;
  /** Whether a run of this declaration that is there, finished or not, is put aside and learned from its beginning. */
  readonly again: boolean;
  /**
   * Why no run can begin here: policies cannot be confined, or the author's key is missing. `null` where nothing stands
   * in the way. It keeps no record from being shown.
   */
  readonly obstacle: Failure | null;
  /** The clock of the cell, from which the run takes what its preparation took; `null` where it has none of its own. */
  readonly cellClock: CellClock | null;
}

/** Plans the run of a cell. Nothing is played but one episode of the text that the run starts from. */
export async function planRun(
  notebook: Notebook,
  cell: LearnCell,
  execution: CellExecution,
): Promise<CellResult<RunPlan>> {
  const startedAt = SYSTEM_CLOCK.now();
  const declared = await readDeclaration(cell, execution);
  if (!declared.ok) return declared;
  const declaration = declared.value;
  if (declaration.kind !== 'learn') throw new Error('a learn cell declares a run');
  const { run } = declaration;
  const busy = notebook.background.refuseIfRunning(run);
  if (busy !== null) return busy;
  const cellClock = new CellClock(declaration.budget.wallSeconds, execution, startedAt);
  return cellClock.limitPreparation(run, declaration.environment, () =>
    planDeclared(notebook, cell, declaration, { execution, cellClock }),
  );
}

/** Plans the run of a declaration that has been read. */
async function planDeclared(
  notebook: Notebook,
  cell: LearnCell,
  declaration: Extract<Declaration, { readonly kind: 'learn' }>,
  { execution, cellClock }: { readonly execution: CellExecution; readonly cellClock: CellClock },
): Promise<CellResult<RunPlan>> {
  const { run, repeat, background, again, overrides } = declaration;
  const { signal } = cellClock;
  // The first answer takes a moment; the environment is looked up meanwhile.
  const confined = notebook.evaluator.request('sandbox.level', {}, { signal });
  const looking: ReportingExecution = {
    signal,
    reportUserCode: (id) => execution.reportUserCode(id),
    stream: (name, text) => {
      execution.stream(name, text);
    },
    onPlace: (place) => {
      cellClock.notePlace(place);
    },
  };
  const environment = await resolveNamedEnvironment(
    notebook,
    cell,
    declaration.environment,
    overrides,
    looking,
  );
  if (!environment.ok) return environment;
  const limits = await resolvePolicyLimits(notebook, cell, declaration.policy, signal);
  if (!limits.ok) return limits;
  const trial = { environment: environment.value, limits: limits.value, signal };
  const start = await resolveStart(notebook, declaration.start, trial, (name, message) =>
    refuseDiagnostics(name, cell.code, [diagnoseAt(cell, { keys: [['start']] }, message)]),
  );
  if (!start.ok) return start;
  const { golden } = declaration;
  const { unrepeatable } = environment.value.facts;
  if (golden !== undefined && unrepeatable !== undefined)
    return refuseDiagnostics('DeclarationError', cell.code, [
      diagnoseAt(
        cell,
        { keys: [['golden']] },
        `golden cases are episodes that are played again, and this environment does not repeat a seed (${unrepeatable}); leave the key out, or mend the environment`,
      ),
    ]);
  const simplify = await resolveSimplification(notebook, cell, declaration.simplify, {
    environment: environment.value,
    path: ['simplify'],
    execution: looking,
  });
  if (!simplify.ok) return simplify;
  const author = await resolveAuthor(notebook, declaration.author, {
    run,
    environment: environment.value.environment,
  });
  if (!author.ok)
    return refuseDiagnostics(author.name, cell.code, [
      diagnoseAt(cell, { keys: [['author', 'run'], ['author']] }, author.message),
    ]);
  const settings = resolveSettings(
    { ...declaration, author: author.value, simplify: simplify.value },
    environment.value,
    start.value,
    limits.value,
  );
  const level = await confined;
  const obstacle = level.ok ? await findObstacle(notebook, settings.author) : level;
  return succeed({
    run,
    cell: cell.code,
    environment: environment.value,
    settings,
    repeat,
    background,
    again,
    obstacle,
    cellClock,
  });
}

/** Plans one replicate of a repeated run: it differs by its name and its seed, which follows from the seed of the whole run. */
export function planReplicate(plan: RunPlan, replicate: number): RunPlan {
  const { seed } = plan.settings;
  const [own = seed] = deriveSeeds(seed, ['repeat'], 1, replicate - 1);
  return {
    ...plan,
    run: `${plan.run}/${replicate}`,
    settings: { ...plan.settings, seed: own },
    repeat: 1,
    again: false,
    cellClock: replicate === 1 ? plan.cellClock : null,
  };
}

/** What a text is tried with before a run starts from it. */
export interface StartTrial {
  readonly environment: DeclaredEnvironment;
  readonly limits: PolicyLimits;
  readonly signal: AbortSignal;
}

/**
 * Reads the text that a run starts from, `null` where none is named. One that cannot be played is an error of the
 * cell, and not a rejected candidate of the run. `refuseStart` puts an error at its place in the cell.
 */
export async function resolveStart(
  notebook: Notebook,
  start: Reference | null,
  { environment, limits, signal }: StartTrial,
  refuseStart: (name: string, message: string) => CellFailure,
): Promise<CellResult<string | null>> {
  if (start === null) return succeed(null);
  const named = await readNamedPolicy(notebook, start, signal);
  // An interrupt of the cell says nothing against what `start` names.
  if (!named.ok) return named.code === 'cancelled' ? named : refuseStart(named.name, named.message);
  const { source, reference } = named.value;
  const failure = await tryPolicy(notebook, environment, source, limits, signal);
  if (!failure.ok) return failure;
  return failure.value === null
    ? succeed(source)
    : refuseStart('PolicyError', `${reference} cannot be played: ${formatPolicyFailure(failure.value)}`);
}

/**
 * Completes a declaration to the settings that the engine takes and a run folder records. `start` is the text that the
 * declaration's reference names, `policy` what a policy may use, its folder of data already described.
 */
export function resolveSettings(
  declaration: Omit<RunKeys, 'author' | 'simplify'> &
    Pick<RunSettings, 'author' | 'seed' | 'simplify'> &
    Partial<Pick<LearnDeclaration, 'golden'>>,
  environment: DeclaredEnvironment,
  start: string | null,
  policy: PolicyLimits,
): RunSettings {
  const { author, budget, seed, racing, acceptance, errorRate, golden, simplify, tune } = declaration;
  return {
    environment: environment.environment,
    environmentName: environment.name,
    observation: environment.observation === null ? null : [...environment.observation],
    author,
    budget,
    seed,
    returns: environment.returns === null ? null : [...environment.returns],
    racing: { ...DEFAULT_RACING, ...racing },
    acceptance: { ...DEFAULT_ACCEPTANCE, ...acceptance },
    errorRate,
    ...(golden !== undefined && { golden: golden.map((each) => ({ ...each })) }),
    simplify,
    tune,
    policy,
    start,
  };
}
