/** The one place where the failure of a policy is read from an answer of the evaluator. */
import { z } from 'zod';
import type { Failure } from './result';
import { policyFailure, type PolicyFailure } from './spec';

/** A place in a text; lines and columns count from 1, and `null` stands for one that is not known. */
export interface FailurePlace {
  readonly line: number | null;
  readonly column: number | null;
}

const placeInDetail = z.object({
  line: z.int().nullable().catch(null),
  column: z.int().nullable().catch(null),
});

const keyInDetail = z.object({ key: z.string() });

/**
 * Reads the policy's own failure from an answer; `null` where it was not the policy that failed. What played a policy
 * answers with the whole failure as its detail, what only read its text with the place.
 */
export function readPolicyFailure(failure: Failure): PolicyFailure | null {
  const whole = policyFailure.safeParse(failure.detail);
  if (whole.success) return whole.data;
  const code = policyFailure.shape.code.safeParse(failure.code);
  if (!code.success) return null;
  return {
    code: code.data,
    message: failure.message,
    ...readFailurePlace(failure),
    seed: null,
    step: null,
  };
}

/** Reads which key of an environment a failure is about; `null` where its detail names none. */
export function readFailedKey({ detail }: Pick<Failure, 'detail'>): string | null {
  const named = keyInDetail.safeParse(detail);
  return named.success ? named.data.key : null;
}

const missingInDetail = z.object({ missing: z.array(z.string()).nonempty() });

/** Reads which arguments a simulator's constructor has to be given; empty where its failure is another one. */
export function readMissingArguments({ detail }: Pick<Failure, 'detail'>): readonly string[] {
  const named = missingInDetail.safeParse(detail);
  return named.success ? named.data.missing : [];
}

/** Reads where in a text a failure has its cause, as far as its detail says so. */
export function readFailurePlace({ detail }: Pick<Failure, 'detail'>): FailurePlace {
  const place = placeInDetail.safeParse(detail);
  return place.success ? place.data : { line: null, column: null };
}
