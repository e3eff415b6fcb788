import { z } from 'zod';
import {
  environmentSpec,
  episodeResult,
  isolationLevel,
  lostEpisodes,
  policyFailure,
  policyLimits,
} from '../spec';

/**
 * Plays the seeds in order, one whole episode each, and stops at the policy's first failure. Where the environment fails in
 * an episode, it is lost, and one of another seed that follows from its own takes its place: `episodes` have the seeds that
 * were played.
 *
 * Progress: {episodes, steps} done so far.
 */
export const evaluate = {
  params: z.strictObject({
    environment: environmentSpec,
    source: z.string(),
    limits: policyLimits,
    seeds: z.array(z.int().nonnegative()),
  }),
  result: z.strictObject({
    /** The episodes in the order of the seeds; after a failure those that precede it. */
    episodes: z.array(episodeResult),
    failure: policyFailure.nullable(),
    ...lostEpisodes,
    cpuSeconds: z.number().nonnegative(),
    /** The lowest isolation level at which the policy ran; `null` where it did not. */
    level: isolationLevel.nullable(),
    /** CPU time of the slowest step, where that was half of `stepMs` or more; never compared. */
    slowestStepMs: z.number().positive().exactOptional(),
  }),
};
