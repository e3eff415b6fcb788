import { z } from 'zod';
import { environmentSpec, policyLimits, requestUsage } from '../spec';

/** Makes smaller texts of the same policy. */
export const simplify = {
  params: z.strictObject({
    environment: environmentSpec,
    source: z.string(),
    limits: policyLimits,
    seeds: z.array(z.int().nonnegative()),
  }),
  result: z.strictObject({
    /** The text after edits that changed no action on the recorded episodes. */
    identical: z.strictObject({ source: z.string(), edits: z.array(z.string()) }).nullable(),
    /** Texts that change some action, which the engine must test. */
    variants: z.array(z.strictObject({ label: z.string(), source: z.string() })),
    usage: requestUsage,
  }),
};
