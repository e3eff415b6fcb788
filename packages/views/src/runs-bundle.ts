/** The list of runs that `%runs` shows. */
import type { RunState } from '@policybook/engine';
import type { MimeBundle } from './mime-bundle';
import { countWords, scoreWords } from './numbers';
import { statusWords } from './run-status';
import { oneLine } from './safe-text';
import { championOf, referenceOf } from './standing';
import { alignedTable, markdownTable } from './text-table';

/** `run` is the name the user calls it by now, `first~1` for a superseded one. */
export interface ListedRun {
  readonly run: string;
  readonly state: RunState;
}

const head = ['run', 'environment', 'status', 'champion', 'score', 'episodes', 'candidates'];

/** One row a run, in the order given. */
export function runsBundle(runs: readonly ListedRun[]): MimeBundle {
  if (runs.length === 0) return { 'text/plain': 'No runs yet: a %%learn cell makes one.' };
  const rows = runs.map(cells);
  return { 'text/markdown': markdownTable(head, rows), 'text/plain': alignedTable(head, rows) };
}

function cells({ run, state }: ListedRun): readonly string[] {
  const champion = championOf(state);
  return [
    run,
    oneLine(state.settings.environmentName, 60),
    statusWords(state.stopped?.reason ?? 'running'),
    champion
      ? `${referenceOf(run, champion.candidate.id)} ${oneLine(champion.candidate.label, 40)}`
      : 'none yet',
    champion ? scoreWords(champion.score) : '',
    countWords(state.usage.episodes),
    countWords(state.candidates.size),
  ];
}
