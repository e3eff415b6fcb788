/** Texts are tried before their author proposes them. */
import { addUsage, type ResourceUsage } from '@policybook/protocol';
import { countAffordableEpisodes, readBudgetLeft } from '../budget/budget';
import type { AuthorRequest } from '../ports';
import { deriveSeeds } from '../seeds';
import type { RunContext } from './context';

/**
 * Creates what parses a text and plays one episode by it, for one answer of an author. Every text of a run plays the same seed. What
 * earlier texts took is no event before the author has answered, and is taken off here; where no episode is left a text is only parsed.
 */
export function createPolicyCheck({ log, runner }: RunContext): AuthorRequest['check'] {
  let spent: ResourceUsage = {};
  return async (source) => {
    const { state } = log;
    const described = await runner.describe(source);
    if (!described.ok) return { failure: described.failure, usage: {} };
    if (countAffordableEpisodes(state) - (spent.episodes ?? 0) < 1) return { failure: null, usage: {} };
    const seeds = deriveSeeds(state.settings.seed, ['check'], 1);
    const { steps } = readBudgetLeft(state);
    const left = steps === null ? null : Math.max(0, steps - (spent.steps ?? 0));
    const { failure, usage } = await runner.play(source, seeds, { steps: left });
    spent = addUsage(spent, usage);
    return { failure, usage };
  };
}
