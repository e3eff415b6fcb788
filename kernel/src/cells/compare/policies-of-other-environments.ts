/** Contestants of a comparison whose policies were made for another environment than the one in which all play. */
import { findDifferences } from '@policybook/engine';
import type { EnvironmentSpec } from '@policybook/protocol';
import { listChangedCode } from '../declarations/current-environment';
import { takeDeclaredKeys } from '../declarations/declared-keys';
import { formatChangedSettings } from '../learn/changed-settings';
import type { Notebook } from '../notebook/notebook';
import type { NamedPolicy } from '../notebook/references';
import type { ComparisonPlan } from './plan';

/** The environment that a policy was made for, where it is another one than that of the comparison. */
interface OtherEnvironment {
  readonly name: string;
  readonly made: 'learned in' | 'declared for';
  /** In what it differs from that of the comparison. */
  readonly differences: readonly string[];
}

/**
 * Says of each contestant whose policies were learned in, or declared for, another environment that it plays here all the
 * same, and what is different: that is allowed, and its score is no measure of what it was made for.
 */
export function listPoliciesOfOtherEnvironments(notebook: Notebook, plan: ComparisonPlan): readonly string[] {
  return [...plan.policies].flatMap(([contestant, policies]) => {
    const [other] = policies.flatMap((policy) => findOtherEnvironment(notebook, plan, policy) ?? []);
    if (other === undefined) return [];
    const { name, made, differences } = other;
    return [
      `${contestant} was ${made} ${name}, and is played here in ${plan.environment.name} (${differences.join(', ')})`,
    ];
  });
}

function findOtherEnvironment(
  notebook: Notebook,
  { environment: here }: ComparisonPlan,
  { origin, reference }: NamedPolicy,
): OtherEnvironment | null {
  if (origin !== null) {
    const declared = listDifferences(origin.environment, here.environment);
    const code = listChangedCode(origin.state, here);
    const differences = declared.length > 0 || code === null ? declared : [`other code: ${code.join(', ')}`];
    return differences.length === 0
      ? null
      : { name: origin.environmentName, made: 'learned in', differences };
  }
  const byHand = notebook.policies.get(reference)?.environment ?? null;
  if (byHand === null) return null;
  const differences = listDifferences(byHand.environment, here.environment);
  return differences.length === 0 ? null : { name: byHand.name, made: 'declared for', differences };
}

function listDifferences(theirs: EnvironmentSpec, here: EnvironmentSpec): readonly string[] {
  return formatChangedSettings(
    findDifferences({ environment: takeDeclaredKeys(theirs) }, { environment: takeDeclaredKeys(here) }),
  );
}
