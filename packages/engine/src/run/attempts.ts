/** What the stages of tuner and simplifier have in common: attempt after attempt, each by an answer that is asked for once. */
import type { StageOutcome } from './context';

/**
 * Makes attempts for as long as `findSubject` has something to try, until the budget forbids one. The stage has improved
 * the champion where any attempt has.
 */
export async function repeatAttempts<S>(
  findSubject: () => S | null,
  attempt: (subject: S) => Promise<StageOutcome>,
): Promise<StageOutcome> {
  let hasImproved = false;
  for (let subject = findSubject(); subject !== null; subject = findSubject()) {
    const outcome = await attempt(subject);
    if (outcome === 'over_budget') return hasImproved ? 'improved' : outcome;
    hasImproved ||= outcome === 'improved';
  }
  return hasImproved ? 'improved' : 'no_change';
}

/**
 * Makes a function that does the work when it is first called, and returns that result at every call. Where a record
 * holds what would come of it, it is never called.
 */
export function doOnce<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | null = null;
  return () => (result ??= work());
}
