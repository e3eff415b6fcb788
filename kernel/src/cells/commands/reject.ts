/** `%reject POLICY`: takes a candidate of a run in the background out of the choice. */
import { isLastChoice } from '@policybook/engine';
import { succeed } from '../errors/cell-failure';
import { readLearnedPolicy } from '../notebook/references';
import { requireArgument } from './arguments';
import type { CommandHandler } from './command-handler';
import { findInbox } from './note';

/** Has the run choose no more what the user does not want; what has been shown stays as it is. */
export const reject: CommandHandler = async (notebook, command, execution) => {
  const named = requireArgument(command, 'policy', 'reference');
  const policy = await readLearnedPolicy(notebook, named, execution.signal);
  if (!policy.ok) return policy;
  const { run, candidate, state } = policy.value.origin;
  const inbox = await findInbox(notebook, run);
  if (!inbox.ok) return inbox;
  inbox.value.put({ kind: 'reject', candidate });
  const reference = `${run}@${candidate}`;
  execution.stream(
    'stdout',
    isLastChoice(state, candidate)
      ? `${reference} is rejected, and nothing else is left that can be played: ${run} is still ${reference}, on which no more episodes are spent, until another policy comes\n`
      : `${run} takes ${reference} out of the choice before its next generation\n`,
  );
  return succeed(null);
};
