/** What is known outside the cell, for completion and inspection. */
export interface EditorFacts {
  /** Registered Gymnasium ids of what is installed. */
  readonly environmentIds: readonly string[];
  /** Declared with `%%environment` or `%%simulator`. */
  readonly environments: readonly string[];
  /** Single runs, repeated ones as a whole, and their replicates. */
  readonly runs: readonly string[];
  /** Numbers of a single run's candidates; none for what is no single run. */
  readonly candidates: (run: string) => readonly number[];
  readonly comparisons: readonly string[];
  /** Names of `%%policy` cells. */
  readonly policies: readonly string[];
}

/** Everything that `%%learn` takes as an environment; what the notebook declares comes first. */
export function listEnvironmentNames(facts: EditorFacts): readonly string[] {
  return [...new Set([...facts.environments, ...facts.environmentIds])];
}

/** Policy references that begin as the word does: bare names, and a run's candidates once its `@` is there. */
export function listPolicyReferences(facts: EditorFacts, word: string): readonly string[] {
  const [run = '', ...candidate] = word.split('@');
  if (candidate.length === 0) return [...new Set([...facts.runs, ...facts.policies])];
  const numbers = facts.candidates(run);
  return numbers.length === 0 ? [] : ['best', 'champion', ...numbers].map((which) => `${run}@${which}`);
}
