/** `%runs`: the notebook's runs, oldest first. */
import { fold } from '@policybook/engine';
import { listRuns } from '@policybook/store';
import { runsBundle } from '@policybook/views';
import { found } from '../cell-error';
import type { CommandHandler } from './index';

export const runs: CommandHandler = async (notebook, _command, execution) => {
  const stored = await listRuns(notebook.runsFolder);
  const listed = stored.flatMap(({ run, events }) => {
    const state = fold(events);
    return state === null ? [] : [{ run, state }];
  });
  execution.display(runsBundle(listed));
  for (const { run, broken } of stored)
    if (broken !== null)
      execution.stream('stderr', `${run}: its record is broken at line ${broken.line} (${broken.reason})\n`);
  return found(null);
};
