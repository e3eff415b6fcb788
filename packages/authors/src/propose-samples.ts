/** Several answers to one prompt, asked for side by side, which are raced together. */
import type { AuthorAnswer, AuthorFailure, AuthorRequest, Proposal } from '@policybook/engine';
import { addUsage, type Result } from '@policybook/protocol';
import { makeUnique } from './answer';
import type { Correspondent } from './correspondent';
import { proposePolicy } from './propose-policy';

/** Asks for `samples` policies, each in a conversation of its own with its share of what is left. One that fails takes nothing from the others. */
export async function proposeSamples(
  correspondent: Correspondent,
  request: AuthorRequest,
  samples: number,
): Promise<Result<AuthorAnswer, AuthorFailure>> {
  const { calls } = request.left;
  const count = Math.max(1, Math.min(samples, calls ?? samples));
  const shared = { ...request, left: shareLeft(request.left, count) };
  const answers = await Promise.all(
    Array.from({ length: count }, (_, sample) => proposePolicy(correspondent, shared, sample)),
  );
  const usage = answers.reduce(
    (sum, answer) => addUsage(sum, answer.ok ? answer.value.usage : answer.usage),
    {},
  );
  const given = answers.flatMap((answer) => (answer.ok ? [answer.value] : []));
  const [first] = given;
  if (first !== undefined) return { ok: true, value: { ...joinAnswers(given), usage } };
  const failures = answers.flatMap((answer) => (answer.ok ? [] : [answer]));
  const lasting = failures.find(({ isLasting }) => isLasting);
  // What lasts pauses the run: the next session pays for what was answered, as its record then has it.
  if (lasting !== undefined) return lasting;
  const [failed] = failures;
  if (failed === undefined) throw new Error('at least one answer is asked for');
  return { ...failed, usage };
}

/** Joins the answers: each proposal with the call that it comes from. */
function joinAnswers(answers: readonly AuthorAnswer[]): Omit<AuthorAnswer, 'usage'> {
  const listCalls = (key: 'repaired' | 'earlierCalls') => answers.flatMap((answer) => answer[key] ?? []);
  const notes = [...new Set(answers.flatMap((answer) => answer.notes ?? []))];
  // All have one prompt.
  const tracedSteps = answers[0]?.tracedSteps;
  const [repaired, earlierCalls] = [listCalls('repaired'), listCalls('earlierCalls')];
  const proposalCalls = answers.flatMap(({ call, proposals }) =>
    call === null ? [] : proposals.map(() => call),
  );
  return {
    proposals: nameApart(answers.flatMap(({ proposals }) => proposals)),
    findings: [...new Set(answers.flatMap(({ findings }) => findings))],
    ...(notes.length > 0 && { notes }),
    exhausted: false,
    call: answers[0]?.call ?? null,
    ...(repaired.length > 0 && { repaired }),
    ...(earlierCalls.length > 0 && { earlierCalls }),
    ...(proposalCalls.length > 1 && { proposalCalls }),
    ...(tracedSteps !== undefined && { tracedSteps }),
  };
}

/** Gives each a label of its own: the conversations did not know of each other. */
function nameApart(proposals: readonly Proposal[]): Proposal[] {
  const taken = new Set<string>();
  return proposals.map((proposal) => {
    const label = makeUnique(proposal.label, taken);
    taken.add(label);
    return { ...proposal, label };
  });
}

/** Shares what is left of the limits of model calls; episodes are planned after the answers. */
function shareLeft(left: AuthorRequest['left'], count: number): AuthorRequest['left'] {
  const share = (amount: number | null) => (amount === null ? null : Math.floor(amount / count));
  return {
    ...left,
    calls: share(left.calls),
    tokens: share(left.tokens),
    money: left.money === null ? null : left.money / count,
  };
}
