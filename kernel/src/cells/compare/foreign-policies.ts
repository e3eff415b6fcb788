/** Contestants of a comparison that are from another environment than the one in which all play. */
import { findDifferences } from '@policybook/engine';
import type { EnvironmentSpec } from '@policybook/protocol';
import { listChangedCode } from '../declarations/current-environment';
import { takeDeclaredKeys } from '../declarations/declared-keys';
import { formatChangedSettings } from '../learn/changed-settings';
import type { Notebook } from '../notebook/notebook';
import type { NamedPolicy } from '../notebook/references';
import type { ComparisonPlan } from './plan';

/** Where a policy is from, and what of its environment is another one here. */
interface ForeignOrigin {
  readonly environment: string;
  readonly made: 'learned in' | 'declared for';
  readonly differences: readonly string[];
}

/**
 * Says of each contestant whose policies were learned in, or declared for, another environment that it plays here all the
 * same, and what is different: that is allowed, and its score is no measure of what it was made for.
 */
export function listForeignPolicies(notebook: Notebook, plan: ComparisonPlan): readonly string[] {
  return [...plan.policies].flatMap(([contestant, policies]) => {
    const [origin] = policies.flatMap((policy) => findForeignOrigin(notebook, plan, policy) ?? []);
    if (origin === undefined) return [];
    const { environment, made, differences } = origin;
    return [
      `${contestant} was ${made} ${environment}, and is played here in ${plan.environment.name} (${differences.join(', ')})`,
    ];
  });
}

function findForeignOrigin(
  notebook: Notebook,
  { environment: here }: ComparisonPlan,
  { origin, reference }: NamedPolicy,
): ForeignOrigin | null {
  if (origin !== null) {
    const declared = listDifferences(origin.environment, here.environment);
    const code = listChangedCode(origin.state, here);
    const differences = declared.length > 0 || code === null ? declared : [`other code: ${code.join(', ')}`];
    const found = { environment: origin.environmentName, made: 'learned in', differences } as const;
    return differences.length === 0 ? null : found;
  }
  const byHand = notebook.policies.get(reference)?.environment ?? null;
  if (byHand === null) return null;
  const differences = listDifferences(byHand.environment, here.environment);
  return differences.length === 0 ? null : { environment: byHand.name, made: 'declared for', differences };
}

function listDifferences(theirs: EnvironmentSpec, here: EnvironmentSpec): readonly string[] {
  return formatChangedSettings(
    findDifferences({ environment: takeDeclaredKeys(theirs) }, { environment: takeDeclaredKeys(here) }),
  );
}
