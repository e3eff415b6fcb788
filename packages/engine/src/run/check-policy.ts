/** Texts are tried before their author proposes them. */
import type { AuthorRequest } from '../ports';
import { deriveSeeds } from '../seeds';
import type { RunContext } from './context';
import type { TurnBudget } from './turn-budget';

/**
 * Creates what parses a text and plays one episode by it, for one answer of an author. Every text of a run plays the same seed.
 * Where no episode is left a text is only parsed.
 */
export function createPolicyCheck(
  { log, runner }: RunContext,
  turnBudget: TurnBudget,
): AuthorRequest['check'] {
  const [seed = 0] = deriveSeeds(log.state.settings.seed, ['check'], 1);
  return async (source) => {
    if (turnBudget.episodes < 1) {
      const described = await runner.describe(source);
      return { failure: described.ok ? null : described.failure, usage: {} };
    }
    const { failure, usage } = await runner.tryOut(source, seed, { steps: turnBudget.left.steps });
    turnBudget.spend(usage);
    return { failure, usage };
  };
}
