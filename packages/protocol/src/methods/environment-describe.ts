import { z } from 'zod';
import { environmentFacts, environmentSpec } from '../spec';

/**
 * Makes an environment once and describes it.
 *
 * Failures: unknown_environment {id, nearest}, missing_extra {install}, simulator_error {line}, environment_error {key?}:
 * the key of the environment that is wrong, where that is known.
 */
export const describeEnvironment = {
  params: z.strictObject({ environment: environmentSpec }),
  result: environmentFacts,
};
