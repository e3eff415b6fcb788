/** The one layer of retries round a model call; the SDK's own is off. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from './fault';

export type Attempt<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: Fault };

export interface RetryPolicy {
  /** Attempts in all. */
  readonly attempts: number;
  /** Wait before the second attempt, in milliseconds; doubled for each further one, with jitter. */
  readonly backoff: number;
  /** Longest wait of our own choosing; a server may ask for more. */
  readonly longest: number;
  /** In [0, 1). */
  readonly random: () => number;
}

export const defaultRetries: RetryPolicy = {
  attempts: 6,
  backoff: 500,
  longest: 30_000,
  random: Math.random,
};

export interface Outcome<T> {
  readonly last: Attempt<T>;
  readonly attempts: number;
  /** Every fault but the last attempt's. */
  readonly faults: readonly Fault[];
}

/** Attempts until one answers, one fails for good, or attempts or the signal end. */
export async function retrying<T>(
  attempt: () => Promise<Attempt<T>>,
  policy: RetryPolicy,
  signal: AbortSignal,
): Promise<Outcome<T>> {
  const faults: Fault[] = [];
  for (let attempts = 1; ; attempts++) {
    const last = await attempt();
    if (last.ok || !last.fault.retryable || attempts >= policy.attempts || signal.aborted)
      return { last, attempts, faults };
    if (!(await waited(pause(last.fault, attempts, policy), signal))) return { last, attempts, faults };
    faults.push(last.fault);
  }
}

/** What the server asked for is kept; jitter goes on top, lest all clients come back at once. */
function pause(fault: Fault, attempts: number, { backoff, longest, random }: RetryPolicy): number {
  const own = Math.min(longest, backoff * 2 ** (attempts - 1)) * (0.5 + random() / 2);
  return fault.retryAfter === null ? own : fault.retryAfter + random() * Math.min(own, backoff);
}

/** Whether the whole pause passed. */
async function waited(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  try {
    await sleep(milliseconds, undefined, { signal });
    return true;
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  }
}
