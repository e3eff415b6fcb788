/** Why a run has stopped, without what the run view says elsewhere: the lead of its head, and the golden cases that it loses. */
import { formatGoldenHead, type RunState } from '@policybook/engine';

/**
 * Says why a run has stopped: `lead`, as `formatLead` says it, stands with the score, and its golden cases in a row of their own;
 * `null` for one that has not.
 */
export function formatStop(state: RunState, lead: readonly string[]): string | null {
  if (state.stopped === null) return null;
  return [...lead, ...formatGoldenHead(state)].reduce(
    (text, elsewhere) => text.replace(`; ${elsewhere}`, () => ''),
    state.stopped.message,
  );
}
