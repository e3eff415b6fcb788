/** Why a run has stopped, without what the run view says elsewhere: what the user has accepted, the lead of its head, the golden cases that it loses, and that it is rejected. */
import { formatAccepted, formatGoldenHead, formatRejectedHead, type RunState } from '@policybook/engine';

/**
 * Says why a run has stopped: what is accepted and `lead`, as `formatLead` says it, stand with the score, its golden cases in a row of their own, and
 * its rejection among the alarms; `null` for one that has not.
 */
export function formatStop(state: RunState, lead: readonly string[]): string | null {
  if (state.stopped === null) return null;
  return [...formatAccepted(state), ...lead, ...formatGoldenHead(state), ...formatRejectedHead(state)].reduce(
    (text, elsewhere) => text.replace(`; ${elsewhere}`, () => ''),
    state.stopped.message,
  );
}
