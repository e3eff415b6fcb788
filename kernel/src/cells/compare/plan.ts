/** From a `%%compare` cell to a plan: everything the comparison needs is looked up and checked, and nothing is written. */
import type {
  AuthorSettings,
  ComparisonSettings,
  ContestantOrigin,
  ContestantSettings,
} from '@policybook/engine';
import { diagnoseAt, type CompareCell, type CompareDeclaration } from '@policybook/language';
import type { Failure } from '@policybook/protocol';
import type { CellExecution } from '../../cell-service';
import { resolveNamedEnvironment, resolveRecordedEnvironment } from '../declarations/environments';
import { resolvePolicyLimits } from '../declarations/policy-limits';
import { readDeclaration } from '../declarations/read-declaration';
import { refuseDiagnostics, succeed, type CellResult } from '../errors/cell-failure';
import { findObstacle } from '../notebook/author-keys';
import type { DeclaredEnvironment, Notebook } from '../notebook/notebook';
import { planContestants, readPolicies, type Policies } from './contestants';

/** A `%%compare` cell resolved: everything that is needed to run it. */
export interface ComparisonPlan {
  /** Name of the comparison, which is its folder's. */
  readonly comparison: string;
  readonly cell: CompareCell;
  readonly environment: DeclaredEnvironment;
  readonly settings: ComparisonSettings;
  /** The policies that exist already, by the name of their contestant. */
  readonly policies: Policies;
  /** Whether the cell ends at once and the comparison goes on after it. */
  readonly background: boolean;
  /** Whether a comparison of this declaration that is there, finished or not, is put aside and made from its beginning. */
  readonly again: boolean;
  /** Why nothing can be compared here; `null` where nothing stands in the way. It keeps no record from being shown. */
  readonly obstacle: Failure | null;
}

/** Plans the comparison of a cell. Nothing is learned or trained yet. */
export async function planComparison(
  notebook: Notebook,
  cell: CompareCell,
  execution: CellExecution,
): Promise<CellResult<ComparisonPlan>> {
  const declared = await readDeclaration(cell, execution);
  if (!declared.ok) return declared;
  const declaration = declared.value;
  if (declaration.kind !== 'compare') throw new Error('a compare cell declares a comparison');
  const { comparison, background, again } = declaration;
  const busy = notebook.background.refuseIfRunning(comparison);
  if (busy !== null) return busy;
  const { signal } = execution;
  const confined = notebook.evaluator.request('sandbox.level', {}, { signal });
  const context = { notebook, cell, declaration, execution, signal };
  const policies = await readPolicies(context);
  if (!policies.ok) return policies;
  const environment = await resolveEnvironment(notebook, cell, declaration, policies.value, execution);
  if (!environment.ok) return environment;
  const limits = await resolvePolicyLimits(notebook, cell, declaration.policy, signal);
  if (!limits.ok) return limits;
  const contestants = await planContestants(context, environment.value, policies.value, limits.value);
  if (!contestants.ok) return contestants;
  const against = resolveAgainst(cell, declaration, contestants.value);
  if (!against.ok) return against;
  const { returns } = environment.value;
  const level = await confined;
  return succeed({
    comparison,
    cell,
    environment: environment.value,
    settings: {
      environment: environment.value.environment,
      environmentName: environment.value.name,
      returns: returns === null ? null : [...returns],
      episodes: declaration.episodes,
      seed: declaration.seed,
      confidence: declaration.confidence,
      policy: limits.value,
      against: against.value,
      contestants: [...contestants.value],
    },
    policies: policies.value,
    background,
    again,
    obstacle: level.ok ? await findContestantObstacle(notebook, contestants.value, policies.value) : level,
  });
}

/** Resolves the environment that is named, else that of the first run among the policies, else that of the first policy by hand. */
async function resolveEnvironment(
  notebook: Notebook,
  cell: CompareCell,
  declaration: CompareDeclaration,
  policies: Policies,
  execution: CellExecution,
): Promise<CellResult<DeclaredEnvironment>> {
  const { environment, overrides } = declaration;
  if (environment !== null) return resolveNamedEnvironment(notebook, cell, environment, overrides, execution);
  const origin = [...policies.values()].flat().find((policy) => policy.origin !== null)?.origin;
  if (!origin) {
    const byHand = [...policies.values()]
      .flat()
      .map(({ reference }) => notebook.policies.get(reference)?.environment)
      .find((declared) => declared);
    if (byHand) return resolveNamedEnvironment(notebook, cell, byHand.name, overrides, execution);
    const message =
      "'environment' is missing, and no contestant was learned or declared in one: write environment: NAME";
    return refuseDiagnostics('DeclarationError', cell.code, [diagnoseAt(cell, { keys: [] }, message)]);
  }
  const { settings } = origin.state;
  // It is the environment that the policy was learned in, whatever a cell of that name declares by now.
  const { environmentName: name, environment: spec, observation, returns } = settings;
  return resolveRecordedEnvironment(
    notebook,
    cell,
    { name, environment: spec, observation, returns },
    overrides,
    execution,
  );
}

/** Resolves the contestant that all others are compared with: the one that is named, else the first. */
function resolveAgainst(
  cell: CompareCell,
  declaration: CompareDeclaration,
  contestants: readonly ContestantSettings[],
): CellResult<string> {
  const against = declaration.against ?? contestants[0]?.name ?? '';
  const names = contestants.map(({ name }) => name);
  if (names.includes(against)) return succeed(against);
  const message = `against: expected one of ${names.join(', ')}, found '${against}'`;
  return refuseDiagnostics('DeclarationError', cell.code, [
    diagnoseAt(cell, { keys: [['against']] }, message),
  ]);
}

/** Finds what keeps an author, or a model that is sampled, from working, before anything is played. */
async function findContestantObstacle(
  notebook: Notebook,
  contestants: readonly ContestantSettings[],
  policies: Policies,
): Promise<Failure | null> {
  for (const { origin } of contestants) {
    const author = findOriginAuthor(origin, policies);
    const obstacle = author === null ? null : await findObstacle(notebook, author);
    if (obstacle !== null) return obstacle;
  }
  return null;
}

/** Finds the author that a contestant needs; `null` for one that is not learned, and for a sample whose author takes part itself. */
function findOriginAuthor(origin: ContestantOrigin, policies: Policies): AuthorSettings | null {
  if (origin.kind === 'author') return origin.settings.author;
  if (origin.kind !== 'sampling') return null;
  const [sampled] = policies.get(origin.of) ?? [];
  return sampled?.origin?.state.settings.author ?? null;
}
