import { z } from 'zod';
import { environmentSpec, requestUsage } from '../spec';

/**
 * Plays random actions for a short while, each held for a few steps, and says what they show: ranges, rewards, what each action
 * does. Where observations are no row of numbers it plays nothing. It is deterministic in its parameters.
 */
export const probeEnvironment = {
  params: z.strictObject({
    environment: environmentSpec,
    /** Names of the observation's coordinates, from `observation:`. */
    names: z.array(z.string()).nullable(),
    seed: z.int().nonnegative(),
    /** Most episodes and steps; whichever is reached first ends it. */
    episodes: z.int().positive(),
    steps: z.int().positive(),
  }),
  result: z.strictObject({
    /** Sentences about the environment. */
    findings: z.array(z.string()),
    usage: requestUsage,
  }),
};
