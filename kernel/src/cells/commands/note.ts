/** `%note RUN WORDS`: says something to the author of a run in the background. */
import { refuse, succeed, type CellResult } from '../errors/cell-failure';
import type { RunInbox } from '../notebook/inboxes';
import type { Notebook } from '../notebook/notebook';
import { readSoundRun } from '../notebook/references';
import { requireArgument } from './arguments';
import type { CommandHandler } from './command-handler';

/** Gives the author's next prompt the user's words. */
export const note: CommandHandler = async (notebook, command, execution) => {
  const { text: run } = requireArgument(command, 'run', 'run');
  const { text } = requireArgument(command, 'words', 'words');
  const inbox = await findInbox(notebook, run);
  if (!inbox.ok) return inbox;
  inbox.value.put({ kind: 'note', text });
  execution.stream('stdout', `the author of ${run} is given your note with its next request\n`);
  return succeed(null);
};

/** Finds the inbox of a run, or says why it takes no messages. */
export async function findInbox(notebook: Notebook, run: string): Promise<CellResult<RunInbox>> {
  const inbox = notebook.inboxes.find(run);
  if (inbox !== undefined) return succeed(inbox);
  const known = await readSoundRun(notebook, run);
  if (!known.ok) return known;
  return refuse(
    'CommandError',
    `${run} does not learn in the background, so that nothing can be said to it: write background: true in its %%learn cell, and run that again`,
  );
}
