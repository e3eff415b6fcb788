import { z } from 'zod';
import { jsonSchema } from '../json-schema';
import { environmentSpec } from '../spec';

/**
 * Writes the texts that an environment is measured against. `constant` without an action gives every action worth
 * holding, of which the best is found by playing.
 *
 * Failure: no_baseline.
 */
export const writeBaselines = {
  params: z.strictObject({
    environment: environmentSpec,
    baseline: z.enum(['random', 'constant', 'heuristic']),
    /** The action that `constant` holds; `null` leaves the choice. */
    action: jsonSchema,
  }),
  result: z.strictObject({ texts: z.array(z.strictObject({ label: z.string(), source: z.string() })) }),
};
