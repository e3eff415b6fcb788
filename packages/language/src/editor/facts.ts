/** What is known outside the cell, for completion and inspection. */
export interface Facts {
  /** Registered Gymnasium ids of what is installed. */
  readonly environmentIds: readonly string[];
  /** Declared with `%%environment` or `%%simulator`. */
  readonly environments: readonly string[];
  /** Single runs, repeated ones as a whole, and their searches. */
  readonly runs: readonly string[];
  readonly comparisons: readonly string[];
  /** Names of `%%policy` cells. */
  readonly policies: readonly string[];
}

/** Everything that `%%learn` takes as an environment; what the notebook declares comes first. */
export function environmentNames(facts: Facts): readonly string[] {
  return [...new Set([...facts.environments, ...facts.environmentIds])];
}

/** Everything that a bare policy reference may name. */
export function policyNames(facts: Facts): readonly string[] {
  return [...new Set([...facts.runs, ...facts.policies])];
}
