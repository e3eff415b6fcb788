/** The keys of `author: {kind: search}`, which are none. */
import { z } from 'zod';

/** The keys of the author `search`. */
export const search = z.strictObject({
  kind: z.literal('search').describe('Probes, fits a model and derives readable rules; needs no key.'),
});

/** Settings of the author `search`, as the engine takes them. */
export type SearchDeclaration = z.output<typeof search>;
