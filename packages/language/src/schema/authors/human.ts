/** The keys of `author: {kind: human}`, which are none. */
import { z } from 'zod';

/** The keys of the author `human`. */
export const human = z.strictObject({
  kind: z
    .literal('human')
    .describe('You: the run waits for cells %%policy NAME for ENV, and needs background: true.'),
});

/** Settings of the author `human`, as the engine takes them. */
export type HumanDeclaration = z.output<typeof human>;
