/** The further environments in which the simplifier's texts have to do: `simplify: {on: [ENV, …]}`. */
import { findLongestEpisode, type Simplification } from '@policybook/engine';
import { diagnoseAt, type CompareCell, type LearnCell, type Path, type RunKeys } from '@policybook/language';
import type { EnvironmentFacts, SpaceSummary } from '@policybook/protocol';
import { refuseDiagnostics, succeed, type CellResult } from '../errors/cell-failure';
import type { DeclaredEnvironment, Notebook } from '../notebook/notebook';
import type { ReportingExecution } from './current-environment';
import { resolveEnvironmentInBody } from './environments';
import { formatSpace } from './format-space';

/** Where a cell names further environments, and the environment that they are variants of. */
export interface VariantsContext {
  readonly environment: DeclaredEnvironment;
  /** The path of `simplify` in the cell's body. */
  readonly path: Path;
  readonly execution: ReportingExecution;
}

/** Looks the named environments up; a policy of the run's environment must be able to act in each of them. */
export async function resolveSimplification(
  notebook: Notebook,
  cell: LearnCell | CompareCell,
  simplify: RunKeys['simplify'],
  { environment, path, execution }: VariantsContext,
): Promise<CellResult<Simplification>> {
  if (typeof simplify === 'boolean') return succeed(simplify);
  const on: Extract<Simplification, object>['on'] = [];
  for (const [index, name] of simplify.on.entries()) {
    const place = [...path, 'on', index];
    const variant = await resolveEnvironmentInBody(notebook, cell, name, place, execution);
    if (!variant.ok) return variant;
    const misfit = describeMisfit(environment, variant.value);
    if (misfit !== null)
      return refuseDiagnostics('DeclarationError', cell.code, [
        diagnoseAt(cell, { keys: [place] }, `${name} is no variant of ${environment.name}: ${misfit}`),
      ]);
    on.push({
      name,
      environment: variant.value.environment,
      longestEpisode: findLongestEpisode(variant.value.facts),
    });
  }
  return succeed({ on });
}

/** Says why a policy of one environment cannot act in the other; `null` where it can. */
function describeMisfit(base: DeclaredEnvironment, variant: DeclaredEnvironment): string | null {
  const actions = describeSpaces('actions', base, variant, ({ actionSpace }) => actionSpace, isSameSpace);
  if (actions !== null) return actions;
  // A larger room shows the same numbers in wider bounds.
  const observations = describeSpaces(
    'observations',
    base,
    variant,
    ({ observationSpace }) => observationSpace,
    hasSameForm,
  );
  if (observations !== null) return observations;
  const [own, other] = [base, variant].map(({ environment: { observe, info = [], mask, reward = false } }) =>
    JSON.stringify({ observe, info: [...info].sort(), mask, reward }),
  );
  return own === other
    ? null
    : `they differ in what a policy is given; \`observe\`, \`info\`, \`mask\` and \`reward\` must be the same in both`;
}

function describeSpaces(
  what: string,
  base: DeclaredEnvironment,
  variant: DeclaredEnvironment,
  read: (facts: EnvironmentFacts) => SpaceSummary,
  fits: (one: SpaceSummary, other: SpaceSummary) => boolean,
): string | null {
  const [own, other] = [read(base.facts), read(variant.facts)];
  return fits(own, other) ? null : `its ${what} are ${formatSpace(other)}, and not ${formatSpace(own)}`;
}

function isSameSpace(one: SpaceSummary, other: SpaceSummary): boolean {
  return one.text === other.text;
}

function hasSameForm(one: SpaceSummary, other: SpaceSummary): boolean {
  const [own, others] = [one, other].map(({ kind, shape, dtype, keys = [] }) =>
    JSON.stringify({ kind, shape, dtype, keys }),
  );
  return own === others;
}
