/** `%reject POLICY`: takes a candidate of a run in the background out of the choice. */
import { isLastChoice } from '@policybook/engine';
import { succeed, type CellResult } from '../errors/cell-failure';
import type { Notebook } from '../notebook/notebook';
import { readLearnedPolicy, type PolicyOrigin } from '../notebook/references';
import { requireArgument } from './arguments';
import type { CommandHandler } from './command-handler';
import { findInbox } from './note';

/** Has the run choose no more what the user does not want; what has been shown stays as it is. */
export const reject: CommandHandler = async (notebook, command, execution) => {
  const named = requireArgument(command, 'policy', 'reference');
  const policy = await readLearnedPolicy(notebook, named, execution.signal);
  if (!policy.ok) return policy;
  const said = await sendRejection(notebook, policy.value.origin);
  if (!said.ok) return said;
  execution.stream('stdout', `${said.value}\n`);
  return succeed(null);
};

/** Says to a run that a candidate of it is rejected; returns what that does, in a sentence. */
export async function sendRejection(
  notebook: Notebook,
  { run, candidate, state }: Pick<PolicyOrigin, 'run' | 'candidate' | 'state'>,
): Promise<CellResult<string>> {
  const inbox = await findInbox(notebook, run);
  if (!inbox.ok) return inbox;
  inbox.value.put({ kind: 'reject', candidate });
  const reference = `${run}@${candidate}`;
  return succeed(
    isLastChoice(state, candidate)
      ? `${reference} is rejected, and nothing else is left that can be played: ${run} is still ${reference}, on which no more episodes are spent, until another policy comes`
      : `${run} takes ${reference} out of the choice before its next generation`,
  );
}
