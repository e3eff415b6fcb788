import { z } from 'zod';
import { environmentSpec, policyLimits, requestUsage } from '../spec';

/** Moves all marked constants together, each by at most `part` of its range, and plays one such draw a seed. */
export const jitter = {
  params: z.strictObject({
    environment: environmentSpec,
    source: z.string(),
    limits: policyLimits,
    /** Seed of the draws. */
    seed: z.int().nonnegative(),
    part: z.number().positive(),
    /** Seeds of the episodes. */
    seeds: z.array(z.int().nonnegative()),
  }),
  result: z.strictObject({
    /** The seeds that were played: another one where a fault of the environment has ended an episode. */
    seeds: z.array(z.int().nonnegative()),
    /** The returns on these seeds; `null` for a draw whose text failed. */
    returns: z.array(z.number().nullable()),
    usage: requestUsage,
  }),
};
