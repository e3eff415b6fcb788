/** What a click in the run view says to a run that learns: the same as a command, over a comm. */
import type { Json, JsonObject } from '@policybook/wire';
import { pageMessageSchema, type KernelMessage, type PageMessage } from '@policybook/views';
import { sendAcceptance } from './commands/accept';
import { sendNote } from './commands/note';
import { sendRejection } from './commands/reject';
import { formatStopped } from './commands/stop';
import { refuse, succeed, type CellResult } from './errors/cell-failure';
import { refuseStoreErrors } from './errors/system-error';
import type { Notebook } from './notebook/notebook';
import { readSoundRun, type PolicyOrigin } from './notebook/references';

/** Does what a page says, and returns the answer for it: what comes of it, or why nothing does. */
export async function takePageMessage(notebook: Notebook, message: Json): Promise<JsonObject> {
  const parsed = pageMessageSchema.safeParse(message);
  if (!parsed.success)
    return answer(
      null,
      refuse(
        'CommandError',
        "the kernel does not know this message: the page's policybook is of another version",
      ),
    );
  return answer(parsed.data.request, await refuseStoreErrors(() => obey(notebook, parsed.data)));
}

function answer(request: number | null, result: CellResult<string>): KernelMessage {
  return { type: 'answer', request, isDone: result.ok, text: result.ok ? result.value : result.message };
}

async function obey(notebook: Notebook, message: PageMessage): Promise<CellResult<string>> {
  const { type, run } = message;
  switch (type) {
    case 'note':
      return sendNote(notebook, run, message.text);
    case 'stop': {
      const ended = await notebook.background.stop(run);
      return ended === undefined
        ? refuse('CommandError', `${run} is not learning`)
        : succeed(formatStopped(run, ended));
    }
    case 'accept':
    case 'reject': {
      const named = await findCandidate(notebook, message);
      if (!named.ok) return named;
      return type === 'accept' ? sendAcceptance(notebook, named.value) : sendRejection(notebook, named.value);
    }
  }
}

/** Finds the candidate of a text: an output of an earlier run of the same name has other texts under the same numbers. */
async function findCandidate(
  notebook: Notebook,
  { run, policy }: Extract<PageMessage, { readonly policy: string }>,
): Promise<CellResult<Pick<PolicyOrigin, 'run' | 'candidate' | 'state'>>> {
  const recorded = await readSoundRun(notebook, run);
  if (!recorded.ok) return recorded;
  const { state } = recorded.value;
  const candidate = [...state.candidates.values()].find((each) => each.policy === policy);
  return candidate === undefined
    ? refuse(
        'ReferenceError',
        `${run} has no such candidate: this output is of an earlier run of that name, and %attach ${run} shows the present one`,
      )
    : succeed({ run, candidate: candidate.id, state });
}
