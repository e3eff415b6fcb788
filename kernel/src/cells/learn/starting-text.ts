/** The text that a search starts from; one that cannot be played is told in the cell and not as a rejected candidate. */
import type { PolicyLimits } from '@policybook/protocol';
import type { Reference } from '@policybook/language';
import { succeed, type CellResult } from '../errors/cell-failure';
import { formatPolicyFailure } from '../errors/evaluator-failure';
import type { DeclaredEnvironment, Notebook } from '../notebook/notebook';
import { readNamedPolicy } from '../notebook/references';
import { tryPolicy } from '../declarations/score-policy';

export interface Trial {
  readonly environment: DeclaredEnvironment;
  readonly limits: PolicyLimits;
  readonly signal: AbortSignal;
}

/** `refuse` puts an error at its place in the cell. */
export async function startingText(
  notebook: Notebook,
  start: Reference | null,
  { environment, limits, signal }: Trial,
  refuse: (name: string, message: string) => CellResult<never>,
): Promise<CellResult<string | null>> {
  if (start === null) return succeed(null);
  const named = await readNamedPolicy(notebook, start);
  if (!named.ok) return refuse(named.error.name, named.error.message);
  const { source, reference } = named.value;
  const failure = await tryPolicy(notebook, environment, source, limits, signal);
  if (!failure.ok) return failure;
  return failure.value === null
    ? succeed(source)
    : refuse('PolicyError', `${reference} cannot be played: ${formatPolicyFailure(failure.value)}`);
}
