/** The text that a search starts from; one that cannot be played is told in the cell and not as a rejected candidate. */
import type { PolicyLimits } from '@policybook/protocol';
import type { Reference } from '@policybook/language';
import { found, type Outcome } from './cell-error';
import { failureText } from './evaluator-failure';
import type { DeclaredEnvironment, Notebook } from './notebook';
import { namedPolicy } from './references';
import { playability } from './score-policy';

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
  refuse: (name: string, message: string) => Outcome<never>,
): Promise<Outcome<string | null>> {
  if (start === null) return found(null);
  const named = await namedPolicy(notebook, start);
  if (!named.ok) return refuse(named.error.name, named.error.message);
  const { source, reference } = named.value;
  const failure = await playability(notebook, environment, source, limits, signal);
  if (!failure.ok) return failure;
  return failure.value === null
    ? found(source)
    : refuse('PolicyError', `${reference} cannot be played: ${failureText(failure.value)}`);
}
