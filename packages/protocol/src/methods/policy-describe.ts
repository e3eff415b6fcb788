import { z } from 'zod';
import { policyFacts } from '../spec';

/**
 * Describes a policy's text without running any of it.
 *
 * Failure: a policyFailure's code (syntax_error, no_act).
 */
export const describePolicy = {
  params: z.strictObject({ source: z.string() }),
  result: policyFacts,
};
