/** Why a run has stopped, without what the run view says elsewhere: the lead of its head, and the golden cases that it loses. */
import { formatGoldenHead, formatLead, type RunState } from '@policybook/engine';

/** Says why a run has stopped: its lead stands with the score, its golden cases in a row of their own; `null` for one that has not. */
export function formatStop(state: RunState): string | null {
  if (state.stopped === null) return null;
  return [...formatLead(state), ...formatGoldenHead(state)].reduce(
    (text, elsewhere) => text.replace(`; ${elsewhere}`, () => ''),
    state.stopped.message,
  );
}
