/** `%runs`: the notebook's runs, oldest first, and its comparisons. */
import { fold, foldComparison } from '@policybook/engine';
import { listComparisons, listRuns } from '@policybook/store';
import { buildComparisonsBundle, buildRunsBundle } from '@policybook/views';
import { succeed } from '../errors/cell-failure';
import type { CommandHandler } from './command-handler';

/** Shows the table of runs and that of comparisons; broken records are named below. */
export const showRuns: CommandHandler = async (notebook, _command, execution) => {
  const stored = await listRuns(notebook.runsFolder);
  const listed = stored.flatMap(({ run, events }) => {
    const state = fold(events);
    return state === null ? [] : [{ run, state }];
  });
  execution.display(buildRunsBundle(listed));
  const compared = await listComparisons(notebook.runsFolder);
  const comparisons = compared.flatMap(({ comparison, lines }) => {
    const state = foldComparison(lines);
    return state === null ? [] : [{ comparison, state }];
  });
  if (comparisons.length > 0) execution.display(buildComparisonsBundle(comparisons));
  for (const { unreadable } of [...stored, ...compared])
    if (unreadable !== null) execution.stream('stderr', `${unreadable.message}\n`);
  return succeed(null);
};
