/** What an author that works with tools may read of its run. */
import { compareWith, findHead, type AuthorRequest } from '@policybook/engine';
import { formatNumeral } from '@policybook/protocol';
import { writePrompt } from './prompt';
import { quoteInLine } from './quoted';

/** Tokens of the task at most, as `max_prompt_tokens` counts them. */
const MOST_TOKENS = 12_000;

/** The prompt that a model gets which answers at once: contract, environment, budget and evidence. */
export async function formatTask(request: AuthorRequest): Promise<string> {
  const { system, user } = await writePrompt(request, {
    instructions: null,
    mostTokens: MOST_TOKENS,
    allowsEdits: true,
  });
  return `${system}\n\n${user}`;
}

/** Lists every candidate with what is known of it, a line each. */
export function formatHistory({ state }: AuthorRequest): string {
  if (state.candidates.size === 0) return 'Nothing was proposed yet.';
  const head = findHead(state);
  const chances = new Map(
    head === null
      ? []
      : compareWith(state, head.id).map(({ candidate, probabilityBetter }) => [candidate, probabilityBetter]),
  );
  return [...state.candidates.values()]
    .map(({ id, label, idea, training, fresh, failure, duplicateOf, parent }) => {
      const returns = [...training.values(), ...fresh.values()];
      const mean = returns.reduce((sum, each) => sum + each, 0) / returns.length;
      const score =
        returns.length === 0
          ? 'not played'
          : `mean ${formatNumeral(mean, 4)} over ${returns.length} episodes`;
      const chance = chances.get(id);
      const parts = [
        ...(id === head?.id ? ['the best estimate'] : []),
        score,
        ...(chance === undefined || id === head?.id
          ? []
          : [`better than the best with probability ${formatNumeral(chance, 2)}`]),
        ...(parent === null ? [] : [`made of @${parent}`]),
        ...(duplicateOf === null ? [] : [`the same as @${duplicateOf}`]),
        ...(failure === null ? [] : [`fails: ${quoteInLine(failure.message, 120)}`]),
      ];
      return `@${id} ${quoteInLine(label, 60)} (${parts.join('; ')}): ${quoteInLine(idea, 200)}`;
    })
    .join('\n');
}
