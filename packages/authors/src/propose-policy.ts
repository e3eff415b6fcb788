/** One conversation about a policy: one prompt, one policy file; what cannot be played is mended in the same conversation. */
import type { AuthorAnswer, AuthorFailure, AuthorRequest, Proposal } from '@policybook/engine';
import { addUsage, type ResourceUsage, type Result } from '@policybook/protocol';
import repair from '../prompts/repair.md';
import { createFailure } from './author-failure';
import type { Correspondent, SaidSoFar } from './correspondent';
import { describeFault } from './fault';
import { writePrompt } from './prompt';
import { fillTemplate } from './template';

/** How often one answer may be mended. */
export const MAX_REPAIRS = 2;

/** What was said and spent in the conversation of one answer. */
interface Conversation extends SaidSoFar {
  /** The names of its calls that were answered, in their order. */
  readonly calls: readonly string[];
  /** The latest text that it came to; `null` for none. */
  readonly proposal: Proposal | null;
}

/**
 * Asks for one policy. Where its text cannot be read, parsed or played, the conversation goes on with a turn that says what is
 * wrong. What fails in the last turn is proposed as it is: the run says why it failed, and nothing that was paid for is lost.
 */
export async function proposePolicy(
  correspondent: Correspondent,
  request: AuthorRequest,
): Promise<Result<AuthorAnswer, AuthorFailure>> {
  const prompt = await writePrompt(request, correspondent.prompts);
  let said: Conversation = { prompt, turns: [], calls: [], usage: {}, proposal: null };
  for (;;) {
    const spoken = await correspondent.ask(request, said);
    // What is asked again after a failure that lasts finds the answers before it in their record, and pays for them then.
    if (!spoken.ok && spoken.isLasting) return spoken;
    if (!spoken.ok) return said.proposal === null ? addSpent(spoken, said) : conclude(said);
    const { call, usage, content, answer } = spoken.value;
    said = { ...said, calls: [...said.calls, call], usage: addUsage(said.usage, usage) };
    if (answer.ok) said = { ...said, proposal: answer.proposal };
    const hasRepair = said.turns.length < correspondent.mostRepairs;
    if (!answer.ok && !hasRepair && said.proposal === null)
      return addSpent(createFailure(answer.code, answer.message, { call, usage: {} }), said);
    if (!hasRepair) return conclude(said);
    const fault = answer.ok
      ? await findFault(request, answer.proposal)
      : { words: answer.message, usage: {} };
    said = { ...said, usage: addUsage(said.usage, fault.usage) };
    if (fault.words === null) return conclude(said);
    const turn = { answer: content, request: fillTemplate(repair, { failure: fault.words }) };
    said = { ...said, turns: [...said.turns, turn] };
  }
}

/** What is wrong with a text, in words for the model; `null` for nothing. */
async function findFault(
  { check }: AuthorRequest,
  { source }: Proposal,
): Promise<{ readonly words: string | null; readonly usage: ResourceUsage }> {
  const { failure, usage } = await check(source);
  return { words: failure === null ? null : describeFault(source, failure), usage };
}

function conclude({ calls, usage, proposal }: Conversation): Result<AuthorAnswer, AuthorFailure> {
  const proposals = proposal === null ? [] : [proposal];
  const repaired = calls.slice(0, -1);
  const call = calls.at(-1) ?? null;
  const value = { proposals, findings: [], exhausted: false, call, usage };
  return { ok: true, value: repaired.length === 0 ? value : { ...value, repaired } };
}

/** A failure, with what the conversation had spent before it. */
function addSpent(failure: AuthorFailure, { calls, usage }: Conversation): AuthorFailure {
  return { ...failure, call: failure.call ?? calls.at(-1) ?? null, usage: addUsage(usage, failure.usage) };
}
