import { z } from 'zod';
import { environmentSpec, policyLimits, requestUsage } from '../spec';

/** A generation of the tuner: the mean return of its best quarter, that of its best text, and its episodes. */
export const tunerGeneration = z.strictObject({
  mean: z.number(),
  best: z.number(),
  episodes: z.int(),
  /** How often the tuner had begun again elsewhere; absent for never. */
  descent: z.int().positive().exactOptional(),
});

/**
 * Moves the `# tune:` constants by CMA-ES, scored on fresh seeds each generation; the result is the written, rounded
 * text of the distribution's mean.
 *
 * Progress: {generation, episodes, steps, mean}.
 */
export const tune = {
  params: z.strictObject({
    environment: environmentSpec,
    source: z.string(),
    limits: policyLimits,
    seed: z.int().nonnegative(),
    /** Most episodes it may play. */
    episodes: z.int().positive(),
    /** Most environment steps, none of which is begun that might pass it; `null` is unlimited. */
    steps: z.int().nonnegative().nullable(),
  }),
  result: z.strictObject({
    source: z.string(),
    usage: requestUsage,
    generations: z.array(tunerGeneration),
  }),
};
