/** The keys of `author: {kind: mcp, …}`: an agent from outside, by the Model Context Protocol. */
import { z } from 'zod';
import { createDeadlineKey } from './prompt-keys';

const DEFAULT_DEADLINE_SECONDS = 1800;

/** The keys of the author `mcp`. */
export const mcp = z.strictObject({
  kind: z
    .literal('mcp')
    .describe('An agent of yours, such as a coding agent, that connects by `policybook mcp RUN`.'),
  deadline: createDeadlineKey(
    DEFAULT_DEADLINE_SECONDS,
    "How long the agent's next use of a tool is waited for; the run is paused then, and goes on where it was when the cell is run again.",
  ),
});

/** Settings of the author `mcp`, as the engine takes them. */
export type McpDeclaration = {
  readonly kind: 'mcp';
  readonly deadlineSeconds: number;
};

/** Takes the engine's names. */
export function toMcp({ kind, deadline }: z.output<typeof mcp>): McpDeclaration {
  return { kind, deadlineSeconds: deadline };
}
