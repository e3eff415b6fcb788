/** The one layer of retries round a model call; the SDK's own is off. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from './fault';

/** What one attempt gave. */
export type Attempt<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: Fault };

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

/** Six attempts, waiting half a second at first and at most 30 s. */
export const DEFAULT_RETRIES: RetryPolicy = {
  attempts: 6,
  backoff: 500,
  longest: 30_000,
  random: Math.random,
};

/** The last attempt, and what came before it. */
export interface RetryResult<T> {
  readonly last: Attempt<T>;
  readonly attempts: number;
  /** The faults of all attempts but the last. */
  readonly faults: readonly Fault[];
}

/** Tries until one attempt answers, one fails for good, or attempts or the signal end. */
export async function retry<T>(
  attempt: () => Promise<Attempt<T>>,
  policy: RetryPolicy,
  signal: AbortSignal,
): Promise<RetryResult<T>> {
  const faults: Fault[] = [];
  for (let attempts = 1; ; attempts++) {
    const last = await attempt();
    if (last.ok || !last.fault.isRetryable || attempts >= policy.attempts || signal.aborted)
      return { last, attempts, faults };
    if (!(await wait(pause(last.fault, attempts, policy), signal))) return { last, attempts, faults };
    faults.push(last.fault);
  }
}

/** What the server asked for is kept; jitter goes on top, so that not all clients come back at once. */
function pause(fault: Fault, attempts: number, { backoff, longest, random }: RetryPolicy): number {
  const own = Math.min(longest, backoff * 2 ** (attempts - 1)) * (0.5 + random() / 2);
  return fault.retryAfter === null ? own : fault.retryAfter + random() * Math.min(own, backoff);
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
