/** What an author that works with tools may read of its run. */
import type { AuthorRequest } from '@policybook/engine';
import { formatAttempts, writePrompt } from './prompt';
import { quote } from './quoted';
import { formatBounds, formatEnvironment } from './task-description';

/** Tokens of the task at most, as `max_prompt_tokens` counts them. */
const MOST_TOKENS = 12_000;

/** The prompt that a model gets which answers at once, but for how it proposes: contract, environment, budget and evidence. */
export async function formatTask(request: AuthorRequest): Promise<string> {
  const { system, user } = await writePrompt(request, {
    instructions: null,
    mostTokens: MOST_TOKENS,
    allowsEdits: false,
    isSubmitted: true,
  });
  return `${system}\n\n${user}`;
}

/** What the environment is, and what its documentation says: it is never left out here, as it may be in the task. */
export function formatDocumentation(request: AuthorRequest): string {
  const { documentation } = request.facts;
  const bounds = formatBounds(request, new Map());
  return [
    formatEnvironment(request),
    ...(bounds === null ? [] : [bounds.text]),
    documentation === undefined ? 'The environment has no documentation.' : quote(documentation, Infinity),
  ].join('\n\n');
}

/** The table of all candidates: what each was made of, its measured differences, and what came of it. */
export function formatHistory({ state }: AuthorRequest): string {
  return formatAttempts(state, Infinity) ?? 'Nothing was proposed yet.';
}
