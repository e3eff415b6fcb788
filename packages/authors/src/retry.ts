/** The one layer of retries round a model call; the SDK's own is off. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { AttemptFailure } from './attempt-failure';

/** When a call is given up. */
export interface RetryLimits {
  /** Whether another attempt may be made after these failures. */
  readonly mayGoOn: (failures: readonly AttemptFailure[]) => boolean;
  /** Measures the milliseconds that are left of the call's deadline. */
  readonly measureLeft: () => number;
  readonly signal: AbortSignal;
}

/** What one attempt gave. */
export type Attempt<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: AttemptFailure };

/** How often and after which waits a call is tried again. */
export interface RetryPolicy {
  /** Attempts in all. */
  readonly attempts: number;
  /** The wait before the second attempt, in milliseconds; it is doubled for each further one, with jitter. */
  readonly backoff: number;
  /** The longest wait in milliseconds; a server may ask for more. */
  readonly longest: number;
  /** Returns a random number in [0, 1). */
  readonly random: () => number;
}

/** Eight attempts, waiting half a second at first and at most 30 s: about a minute in all, which limits of calls a minute outlast. */
export const DEFAULT_RETRIES: RetryPolicy = {
  attempts: 8,
  backoff: 500,
  longest: 30_000,
  random: Math.random,
};

/** The last attempt, and what came before it. */
export interface RetryResult<T> {
  readonly last: Attempt<T>;
  readonly attempts: number;
  /** The failures of all attempts but the last. */
  readonly failures: readonly AttemptFailure[];
}

/**
 * Tries until one attempt answers, one fails for good, no other may be made, the pause before the next would outlast the deadline,
 * or attempts or the signal end.
 */
export async function retry<T>(
  attempt: () => Promise<Attempt<T>>,
  policy: RetryPolicy,
  { mayGoOn, measureLeft, signal }: RetryLimits,
): Promise<RetryResult<T>> {
  const failures: AttemptFailure[] = [];
  for (let attempts = 1; ; attempts++) {
    const last = await attempt();
    if (last.ok || !last.failure.isRetryable || attempts >= policy.attempts || signal.aborted)
      return { last, attempts, failures };
    if (!mayGoOn([...failures, last.failure])) return { last, attempts, failures };
    const pause = computePause(last.failure, attempts, policy);
    if (pause >= measureLeft() || !(await wait(pause, signal))) return { last, attempts, failures };
    failures.push(last.failure);
  }
}

/** What the server asked for is kept; jitter goes on top, so that not all clients come back at once. */
function computePause(
  failure: AttemptFailure,
  attempts: number,
  { backoff, longest, random }: RetryPolicy,
): number {
  const own = Math.min(longest, backoff * 2 ** (attempts - 1)) * (0.5 + random() / 2);
  return failure.retryAfter === null ? own : failure.retryAfter + random() * Math.min(own, backoff);
}

/** Whether the whole pause passed. */
async function wait(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  try {
    await sleep(milliseconds, undefined, { signal });
    return true;
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  }
}
