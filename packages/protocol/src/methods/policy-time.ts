import { z } from 'zod';
import { environmentSpec, policyLimits } from '../spec';

/** Measures how long a policy takes; clock values, never compared, and `null` where the policy fails on the way. */
export const timePolicy = {
  params: z.strictObject({
    environment: environmentSpec,
    source: z.string(),
    limits: policyLimits,
    /** Seed of the episode whose observations it decides on. */
    seed: z.int().nonnegative(),
  }),
  result: z.strictObject({
    /** Milliseconds from nothing to the first action. */
    coldStartMs: z.number().nonnegative().nullable(),
    /** Microseconds for one decision. */
    decisionUs: z.number().nonnegative().nullable(),
  }),
};
