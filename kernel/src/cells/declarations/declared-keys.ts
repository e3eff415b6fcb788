/** What of an environment's specification a cell has declared. */
import type { EnvironmentSpec } from '@policybook/protocol';

/** Takes what a cell has declared, without what is found out each time. */
export function takeDeclaredKeys(specification: EnvironmentSpec): EnvironmentSpec {
  const declared = { ...specification };
  delete declared.userCode;
  delete declared.unrepeatable;
  return declared;
}
