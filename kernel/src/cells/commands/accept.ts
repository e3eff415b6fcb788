/** `%accept POLICY`: takes a candidate of a run in the background as the run's result. */
import { requireCandidate, type Candidate } from '@policybook/engine';
import { refuse, succeed, type CellResult } from '../errors/cell-failure';
import type { Notebook } from '../notebook/notebook';
import { readLearnedPolicy, type PolicyOrigin } from '../notebook/references';
import { requireArgument } from './arguments';
import type { CommandHandler } from './command-handler';
import { findInbox } from './note';

/** Has the run hand over what the user wants; that is taken back by `%reject`, or by accepting another one. */
export const accept: CommandHandler = async (notebook, command, execution) => {
  const named = requireArgument(command, 'policy', 'reference');
  const policy = await readLearnedPolicy(notebook, named, execution.signal);
  if (!policy.ok) return policy;
  const said = await sendAcceptance(notebook, policy.value.origin);
  if (!said.ok) return said;
  execution.stream('stdout', `${said.value}\n`);
  return succeed(null);
};

/** Says to a run that a candidate of it is accepted; returns what that does, in a sentence. */
export async function sendAcceptance(
  notebook: Notebook,
  { run, candidate, state }: Pick<PolicyOrigin, 'run' | 'candidate' | 'state'>,
): Promise<CellResult<string>> {
  const inbox = await findInbox(notebook, run);
  if (!inbox.ok) return inbox;
  const reference = `${run}@${candidate}`;
  const obstacle = explainUnplayable(run, requireCandidate(state, candidate));
  if (obstacle !== null) return refuse('CommandError', `${reference} ${obstacle}`);
  inbox.value.put({ kind: 'accept', candidate });
  return succeed(
    `${run} hands over ${reference} from its next generation on; of what is there by now nothing takes its place, and %reject ${reference} takes that back`,
  );
}

/** Says why a candidate cannot be a run's result; `null` where it can. */
function explainUnplayable(
  run: string,
  { verdict, failure, duplicateOf, training, fresh, actsAs }: Candidate,
): string | null {
  if (failure !== null) return `cannot be the result, since it fails: ${failure.message}`;
  if (verdict === 'rejected') return `is the same as ${run}@${duplicateOf ?? ''}: accept that one`;
  const hasPlayed = training.size > 0 || fresh.size > 0 || actsAs !== null;
  return hasPlayed ? null : 'cannot be the result yet, since it has played no episode';
}
