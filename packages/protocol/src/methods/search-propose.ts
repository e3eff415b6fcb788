import { z } from 'zod';
import { environmentSpec, policyLimits, proposalSchema, requestUsage } from '../spec';

/** Makes one round of the keyless author; deterministic in its parameters, as far as time suffices. */
export const proposeBySearch = {
  params: z.strictObject({
    environment: environmentSpec,
    limits: policyLimits,
    /** Names of the observation's coordinates, from `observation:`. */
    names: z.array(z.string()).nullable(),
    seed: z.int().nonnegative(),
    round: z.int().nonnegative(),
    /** Step budget of the whole run, the same in every round; `null` is unlimited. */
    steps: z.int().positive().nullable(),
    /** Episode budget of the whole run, the same in every round; `null` is unlimited. */
    episodes: z.int().positive().nullable(),
    /** Steps that are left of the budget now; `null` is unlimited. */
    stepsLeft: z.int().nonnegative().nullable(),
    /** Episodes that are left of the budget now; `null` is unlimited. */
    episodesLeft: z.int().nonnegative().nullable(),
    /**
     * Seconds that are left of the run's limit of wall time; `null` is unlimited. Looking at the environment ends after a
     * part of them, which repeats only where that is not reached.
     */
    secondsLeft: z.number().nonnegative().nullable(),
    /** Steps inside fitted models that the run may still take. */
    modelStepsLeft: z.int().nonnegative(),
    /** The candidates so far and how they scored. */
    history: z.array(
      z.strictObject({
        label: z.string(),
        source: z.string(),
        mean: z.number(),
        deviation: z.number(),
        episodes: z.int(),
        /** Whether it is the run's head, from which the search goes on. */
        head: z.boolean(),
      }),
    ),
  }),
  result: z.strictObject({
    proposals: z.array(proposalSchema),
    usage: requestUsage,
    /** Sentences about the environment that probing established. */
    findings: z.array(z.string()),
    exhausted: z.boolean(),
    /** What the search cannot do in this environment, or what of it has failed, in sentences; `null` where it can. */
    limitation: z.string().nullable(),
  }),
};
