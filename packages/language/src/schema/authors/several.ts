/** The keys of `author: {kind: several, …}`: several authors that write in one run. */
import { z } from 'zod';

/** More authors than anybody would compare in one run are a slip of the hand. */
const MAX_AUTHORS = 16;

/** Makes the keys of the author `several` from the schema of one author. */
export function describeSeveral<S extends z.ZodType>(member: S) {
  const weighted = z
    .strictObject({
      author: member.describe('The author: a kind alone, or a mapping with kind.'),
      weight: z
        .number()
        .positive()
        .max(1000)
        .default(1)
        .describe('How many turns it gets for one of an author of weight 1; with choose: turns.'),
    })
    .meta({ title: 'a mapping with author and weight' });
  return z.strictObject({
    kind: z.literal('several').describe('Several authors, one a generation.'),
    of: z
      .array(weighted)
      .min(2)
      .max(MAX_AUTHORS)
      .meta({ title: `a list of 2 to ${MAX_AUTHORS} mappings with author and weight` })
      .describe('The authors, each with its weight.'),
    choose: z
      .enum(['turns', 'stall', 'bandit'])
      .default('turns')
      .describe(
        'Who is asked next: turns, each in its turn by weight; stall, the next one where one has brought nothing twice; bandit, who gains most for its part of the budget (UCB1).',
      ),
  });
}
