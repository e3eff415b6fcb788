/** `%note RUN WORDS`: says something to the author of a run in the background. */
import { isFinished, type RunState } from '@policybook/engine';
import { endSentence, refuse, succeed, type CellResult } from '../errors/cell-failure';
import type { RunInbox } from '../notebook/inboxes';
import type { Notebook } from '../notebook/notebook';
import { readSoundRun } from '../notebook/references';
import { requireArgument } from './arguments';
import type { CommandHandler } from './command-handler';

/** Gives the author's next prompt the user's words. */
export const note: CommandHandler = async (notebook, command, execution) => {
  const { text: run } = requireArgument(command, 'run', 'run');
  const { text } = requireArgument(command, 'words', 'words');
  const said = await sendNote(notebook, run, text);
  if (!said.ok) return said;
  execution.stream('stdout', `${said.value}\n`);
  return succeed(null);
};

/** Says something to the author of a run; returns what that does, in a sentence. */
export async function sendNote(notebook: Notebook, run: string, text: string): Promise<CellResult<string>> {
  const inbox = await findInbox(notebook, run);
  if (!inbox.ok) return inbox;
  const { author, environmentName } = inbox.value.settings;
  if (!inbox.value.readsWords)
    return refuse(
      'CommandError',
      `the author of ${run}, ${author.kind}, reads no words: a policy of yours joins ${run} by a cell %%policy NAME for ${environmentName}, and %reject POLICY takes a candidate out of the choice`,
    );
  inbox.value.put({ kind: 'note', text });
  return succeed(`the author of ${run} is given your note with its next request`);
}

/** Finds the inbox of a run, or says why it takes no messages. */
export async function findInbox(notebook: Notebook, run: string): Promise<CellResult<RunInbox>> {
  const inbox = notebook.inboxes.find(run);
  if (inbox !== undefined) return succeed(inbox);
  const known = await readSoundRun(notebook, run);
  if (!known.ok) return known;
  const { state } = known.value;
  return refuse('CommandError', formatUnheard(run, state));
}

/** Says why nothing can be said to a run, and what to do. */
function formatUnheard(run: string, state: RunState): string {
  if (isFinished(state))
    return `${run} has ended, so that nothing can be said to it any more: ${endSentence(state.stopped?.message ?? '')} %attach ${run} shows it, and again: true in its %%learn cell learns it again`;
  // A cell that goes on in the background may have many of them, and compares them or what they found.
  if (run.includes('/'))
    return `nothing can be said to ${run}: it is one of several replicates, which are a measurement only while none of them is helped`;
  const stopped = state.stopped === null ? 'does not learn in the background' : 'has stopped';
  return `${run} ${stopped}, so that nothing can be said to it: write background: true in its %%learn cell, and run that again, which goes on`;
}
