import { z } from 'zod';
import { environmentSpec } from '../spec';

/**
 * Trains an agent by Stable-Baselines3.
 *
 * Progress: {steps}. Failures: missing_extra {install}, bad_agent.
 */
export const trainAgent = {
  params: z.strictObject({
    environment: environmentSpec,
    algorithm: z.string(),
    steps: z.int().positive(),
    seed: z.int().nonnegative(),
    /** Settings of the algorithm, by the names that Stable-Baselines3 gives them. */
    settings: z.record(z.string(), z.json()),
  }),
  result: z.strictObject({
    /** The agent's file in base 64, as `agent.text` takes it. */
    file: z.string(),
  }),
};
