/** `%runs`: the notebook's runs, oldest first, and its comparisons. */
import { listComparisons, listRuns } from '@policybook/store';
import { buildComparisonsBundle, buildRunsBundle } from '@policybook/views';
import { succeed } from '../errors/cell-failure';
import type { CommandHandler } from './command-handler';

/** Shows the table of runs and that of comparisons; broken records, and those of another format, are named below. */
export const showRuns: CommandHandler = async (notebook, _command, execution) => {
  const stored = await listRuns(notebook.runsFolder);
  const listed = stored.flatMap(({ run, state, unreadable }) =>
    state === null ? [] : [{ run, state, isBroken: unreadable !== null }],
  );
  execution.display(buildRunsBundle(listed));
  const compared = await listComparisons(notebook.runsFolder);
  const comparisons = compared.flatMap(({ comparison, state, unreadable }) =>
    state === null ? [] : [{ comparison, state, isBroken: unreadable !== null }],
  );
  if (comparisons.length > 0) execution.display(buildComparisonsBundle(comparisons));
  const records = [
    ...stored.map(({ run, unreadable }) => ({ name: run, unreadable })),
    ...compared.map(({ comparison, unreadable }) => ({ name: comparison, unreadable })),
  ];
  for (const { unreadable } of records)
    if (unreadable?.code === 'record_broken') execution.stream('stderr', `${unreadable.message}\n`);
  const others = records.flatMap(({ name, unreadable }) =>
    unreadable?.code === 'other_format' ? [name] : [],
  );
  if (others.length > 0)
    execution.stream(
      'stdout',
      `not shown, because another version of policybook wrote them: ${others.join(', ')}; %attach NAME says which version wrote it\n`,
    );
  return succeed(null);
};
