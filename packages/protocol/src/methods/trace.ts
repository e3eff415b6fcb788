import { z } from 'zod';
import { jsonSchema } from '../json-schema';
import { trajectoryHashes, environmentSpec, policyFailure, policyLimits } from '../spec';

/** One step of a traced episode. */
export const tracedStep = z.strictObject({
  /** Lines of the policy that ran and how often, in the order of their last run: the last one decided. */
  lines: z.array(z.tuple([z.int(), z.int()])),
  /** Names of `act` stand as they are, those of `self` as `self.name`, of other functions as `function.name`, of the module, once they have changed, as `global name`. */
  variables: z.record(z.string(), z.string()),
  /** What the policy saw before it acted; of a large observation its shape. */
  observation: jsonSchema,
  action: jsonSchema,
  reward: z.number(),
  /** Picture before the action, in base 64. */
  png: z.string().nullable(),
});
/** One step of a traced episode, parsed. */
export type TracedStep = z.infer<typeof tracedStep>;

/**
 * Plays an episode as it is scored, slowly, and records what the policy did at each step. The record comes from the
 * policy's own process: a trace explains a policy and proves nothing about it.
 */
export const trace = {
  params: z.strictObject({
    environment: environmentSpec,
    source: z.string(),
    limits: policyLimits,
    seed: z.int().nonnegative(),
    /** So many steps at most carry a picture, evenly spread, where the environment draws them. */
    pictures: z.int().nonnegative(),
  }),
  result: z.strictObject({
    return: z.number(),
    terminated: z.boolean(),
    truncated: z.boolean(),
    actionHash: z.string(),
    /** One hash after every step. */
    trajectoryHashes,
    steps: z.array(tracedStep),
    /** PNG of a few pictures side by side, in base 64. */
    filmstrip: z.string().nullable(),
    /** Why the episode ended behind the last step, where the policy failed. */
    failure: policyFailure.nullable(),
  }),
};
