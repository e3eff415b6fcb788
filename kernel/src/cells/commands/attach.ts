/** `%attach RUN`: shows a recorded run or comparison again, from its folder; of a repeated run all replicates, or RUN/2. */
import {
  readComparison,
  readReplicatedRun,
  readRun,
  type UnreadableRecord,
  type StoredReplicatedRun,
} from '@policybook/store';
import type { CellExecution } from '../../cell-service';
import { succeed, refuse, type CellResult } from '../errors/cell-failure';
import { ComparisonDisplay } from '../outputs/comparison-display';
import type { Notebook } from '../notebook/notebook';
import { formatNotebookPath, readSoundPartOfRun } from '../notebook/references';
import { RECORDED_PICTURE_MS } from '../outputs/output-sink';
import { ReplicatesDisplay } from '../outputs/replicates-display';
import { RunDisplay } from '../outputs/run-display';
import { createRunSource } from '../outputs/run-source';
import { requireArgument } from './arguments';
import type { CommandHandler } from './command-handler';

/** Shows a recorded run, comparison or repeated run; of a broken record what is sound, and then what is wrong with it as an error. */
export const attach: CommandHandler = async (notebook, command, execution) => {
  const { text } = requireArgument(command, 'run', 'run');
  const activity = notebook.background.findActivity(text);
  const replicated = await readReplicatedRun(notebook.runsFolder, text);
  if (replicated !== null) return attachReplicatedRun(notebook, text, replicated, execution);
  const comparison = await readComparison(notebook.runsFolder, text);
  const compared = comparison?.state ?? null;
  if (compared !== null)
    await new ComparisonDisplay(execution, notebook.evaluator, compared).finish(
      compared,
      RECORDED_PICTURE_MS,
      activity,
    );
  if (comparison !== null)
    return compared === null && comparison.unreadable === null
      ? refuse('CompareError', `the comparison ${text} has not started: run its cell again`)
      : refuseUnreadable([comparison.unreadable]);
  const recorded = await readSoundPartOfRun(notebook, text);
  if (!recorded.ok) return recorded;
  const { path, state, events, clocks, unreadable } = recorded.value;
  const source = {
    ...createRunSource(path, formatNotebookPath(notebook, path), () => clocks),
    ...(unreadable !== null && { unreadable: `the record is broken from line ${unreadable.line} on` }),
  };
  const view = new RunDisplay(execution, source, notebook.evaluator, events);
  await view.show(state, activity);
  return refuseUnreadable([unreadable]);
};

/** Fails where a record is unreadable from some line on: what stands before has been shown, and must not pass for the whole. */
function refuseUnreadable(records: readonly (Pick<UnreadableRecord, 'message'> | null)[]): CellResult<null> {
  const messages = records.flatMap((unreadable) => (unreadable === null ? [] : [unreadable.message]));
  return messages.length === 0 ? succeed(null) : refuse('RunError', messages.join('\n'));
}

async function attachReplicatedRun(
  notebook: Notebook,
  run: string,
  { repeat, replicates }: StoredReplicatedRun,
  execution: CellExecution,
): Promise<CellResult<null>> {
  const view = new ReplicatesDisplay(execution, run, repeat, notebook.evaluator);
  const unreadable: (Pick<UnreadableRecord, 'message'> | null)[] = [];
  for (const replicate of replicates) {
    const stored = await readRun(notebook.runsFolder, `${run}/${replicate}`);
    const state = stored.ok ? stored.value.state : null;
    if (state !== null) view.add(replicate, state);
    unreadable.push(stored.ok ? stored.value.unreadable : stored);
  }
  await view.finish(RECORDED_PICTURE_MS, notebook.background.findActivity(run));
  return refuseUnreadable(unreadable);
}
