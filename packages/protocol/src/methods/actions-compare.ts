import { z } from 'zod';
import { environmentSpec, policyLimits, requestUsage } from '../spec';

/** Finds which texts act alike on every observation that `reference` meets on `seeds`. */
export const compareActions = {
  params: z.strictObject({
    environment: environmentSpec,
    limits: policyLimits,
    reference: z.string(),
    seeds: z.array(z.int().nonnegative()),
    sources: z.array(z.string()),
  }),
  result: z.strictObject({
    /** For each source the position of the first one before it that acts alike; a text that fails is like no other. */
    same: z.array(z.int().nonnegative().nullable()),
    observations: z.int().nonnegative(),
    usage: requestUsage,
  }),
};
