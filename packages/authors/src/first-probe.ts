/** Before a model writes its first policy, random actions show it what the environment does. */
import type { AuthorAnswer, AuthorFailure, AuthorRequest } from '@policybook/engine';
import { addToTotals, type Result } from '@policybook/protocol';

/**
 * Proposes by `propose`. Where nothing was tried and nothing is known yet, the environment is probed before that: `propose` sees what was
 * found, and the answer has it as its findings, so that later prompts have it too.
 */
export async function proposeAfterProbe(
  request: AuthorRequest,
  propose: (request: AuthorRequest) => Promise<Result<AuthorAnswer, AuthorFailure>>,
): Promise<Result<AuthorAnswer, AuthorFailure>> {
  const { state, tools } = request;
  if (state.candidates.size > 0 || state.findings.length > 0) return propose(request);
  const probed = await tools.probe();
  if (!probed.ok) return propose(request);
  const { findings, usage } = probed.value;
  const answer = await propose({
    ...request,
    state: { ...state, findings, usage: addToTotals(state.usage, usage) },
  });
  if (!answer.ok) return answer;
  return { ok: true, value: { ...answer.value, findings: [...findings, ...answer.value.findings] } };
}
