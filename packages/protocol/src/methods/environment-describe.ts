import { z } from 'zod';
import { environmentFacts, environmentSpec, userCode } from '../spec';

/**
 * Makes an environment, describes it, and tries whether it repeats: one seed is played twice with one sequence of
 * actions, in two processes.
 *
 * Failures: unknown_environment {id, nearest}, missing_extra {install}, simulator_error {line, missing?}: the
 * arguments that its constructor has no default for and was not given; environment_error {key?}: the key of the environment
 * that is wrong, where that is known.
 */
export const describeEnvironment = {
  params: z.strictObject({
    /** With what the notebook's Python has reported as its `userCode`. */
    environment: environmentSpec,
    /** Why a registration of the notebook's Python cannot be made elsewhere; it counts where the evaluator has another. */
    problem: z.string().exactOptional(),
    /** Whether a simulator may fail behind its first step: another cell may declare shorter episodes of it. */
    mayFail: z.literal(true).exactOptional(),
  }),
  result: z.strictObject({
    facts: environmentFacts,
    /** What of the reported code the environment needs, with its hash; absent for nothing. */
    userCode: userCode.exactOptional(),
    /** Absolute paths of the files that the hash covers. While none of them changes, this result holds. */
    watched: z.array(z.string()),
    /** How all episodes that were tried have failed, and what to do, in sentences, where that was allowed; else absent. */
    failing: z.string().exactOptional(),
  }),
};
