import { z } from 'zod';
import { environmentSpec, requestUsage } from '../spec';

/** The least and the greatest value that was seen of a coordinate, by its path as traces write it. */
export const seenRange = z.strictObject({ path: z.string(), low: z.number(), high: z.number() });
/** The same as a type. */
export type SeenRange = z.infer<typeof seenRange>;

/**
 * Plays random actions for a short while, each held for a few steps, and says what they show: ranges, rewards, endings, what each
 * action does. Of texts and large images nothing is looked at. It is deterministic in its parameters.
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
    /** Of many coordinates, only those that changed most often. */
    ranges: z.array(seenRange),
    usage: requestUsage,
  }),
};
