/** A failure of an author, with what it had spent. */
import type { AuthorFailure } from '@policybook/engine';
import type { ResourceUsage } from '@policybook/protocol';

/** What a failure had spent; `status` is the server's, where it answered, the last two are as in `AuthorFailure`. */
interface FailedSpending {
  readonly call: string | null;
  readonly usage: ResourceUsage;
  readonly status?: number | null;
  readonly isLasting?: boolean;
  readonly isOutage?: boolean;
}

/** Creates a failure of the author with what it had spent. */
export function createFailure(code: string, message: string, spent: FailedSpending): AuthorFailure {
  const { call, usage, status = null, isLasting = false, isOutage = false } = spent;
  return { ok: false, code, message, detail: { status }, call, usage, isLasting, isOutage };
}
