/** The keys of `author: {kind: mcp, …}`: an agent from outside, by the Model Context Protocol. */
import { z } from 'zod';
import { duration } from '../quantities';

const DEFAULT_DEADLINE_SECONDS = 1800;
/** A week; a timer of Node waits three of them at most. */
const MAX_DEADLINE_SECONDS = 7 * 86_400;

/** The keys of the author `mcp`. */
export const mcp = z.strictObject({
  kind: z
    .literal('mcp')
    .describe('An agent of yours, such as a coding agent, that connects by `policybook mcp RUN`.'),
  deadline: duration
    .refine((seconds) => seconds <= MAX_DEADLINE_SECONDS)
    .default(DEFAULT_DEADLINE_SECONDS)
    .meta({ title: 'a duration of at most 7d, such as 30m' })
    .describe(
      'How long one turn of the agent is waited for; the run stops then, and goes on where it was when the cell is run again.',
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
