/** The list of runs that `%runs` shows. */
import { findAccepted, type RunState } from '@policybook/engine';
import type { MimeBundle } from './mime-bundle';
import { formatCount, formatMeasured } from './numbers';
import { formatStatus } from './run-text';
import { formatAlignedTable, formatMarkdownTable, toOneLine } from './text';
import { findScoredHead, formatReference, type ScoredCandidate } from './champion-history';

/** A run in the list. `run` is its present name, `first~1` for one that gave up its name. */
export interface ListedRun {
  readonly run: string;
  readonly state: RunState;
  /** Whether the record cannot be read to its end; such a run is not under way. */
  readonly isBroken?: boolean;
}

/** The status in a list of a record that cannot be read to its end. */
export const BROKEN_STATUS = 'record broken';

const RUNS_HEAD = ['run', 'environment', 'status', 'best', 'score', 'episodes', 'candidates'];

/** Builds the list of runs, one row each, in the order given. */
export function buildRunsBundle(runs: readonly ListedRun[]): MimeBundle {
  if (runs.length === 0) return { 'text/plain': 'No runs yet: a %%learn cell makes one.' };
  const rows = runs.map(formatRunRow);
  return {
    'text/markdown': formatMarkdownTable(RUNS_HEAD, rows),
    'text/plain': formatAlignedTable(RUNS_HEAD, rows),
  };
}

function formatRunRow({ run, state, isBroken }: ListedRun): readonly string[] {
  const head = findScoredHead(state);
  return [
    run,
    toOneLine(state.settings.environmentName, 60),
    isBroken === true ? BROKEN_STATUS : formatStatus(state.stopped?.reason ?? 'running'),
    head ? formatBest(run, head, state) : 'none yet',
    head ? formatMeasured(head) : '',
    formatCount(state.usage.episodes),
    formatCount(state.candidates.size),
  ];
}

function formatBest(run: string, { candidate }: ScoredCandidate, state: RunState): string {
  const { id, label, isRejectedByUser } = candidate;
  const said = isRejectedByUser ? ', rejected by you' : findAccepted(state) === id ? ', accepted by you' : '';
  return `${formatReference(run, id)} ${toOneLine(label, 40)}${said}`;
}
