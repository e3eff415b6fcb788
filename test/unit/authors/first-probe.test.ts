/** The first prompt of a run has what random actions show. */
import type { AuthorRequest } from '@policybook/engine';
import { proposeAfterProbe } from '../../../packages/authors/src/first-probe';
import { writePrompt } from '../../../packages/authors/src/prompt';
import { authorRequest, PLAIN_PROMPT, proposed } from './run-request';

const answer = { proposals: [], findings: ['the floor is flat'], exhausted: false, call: null, usage: {} };

function probing(request: AuthorRequest): AuthorRequest {
  const probed = { findings: ['action 1 lifts x'], usage: { episodes: 10, steps: 600 } };
  return {
    ...request,
    tools: { ...request.tools, probe: () => Promise.resolve({ ok: true, value: probed }) },
  };
}

async function ask(request: AuthorRequest) {
  const prompts: string[] = [];
  const answered = await proposeAfterProbe(request, async (each) => {
    prompts.push((await writePrompt(each, PLAIN_PROMPT)).user);
    return { ok: true, value: answer };
  });
  return { prompts, findings: answered.ok ? answered.value.findings : [] };
}

test('what it found is in the prompt, off the budget, and in the findings of the answer', async () => {
  const { prompts, findings } = await ask(probing(authorRequest()));
  expect(prompts[0]).toContain('| - action 1 lifts x');
  expect(prompts[0]).toContain('- 2990 of 3000 episodes are left.');
  expect(findings).toEqual(['action 1 lifts x', 'the floor is flat']);
});

test.each([
  ['the budget allows none', authorRequest()],
  ['something was tried before', probing(authorRequest({ events: [proposed(1)] }))],
])('where %s, nothing is probed', async (_, request) => {
  const { prompts, findings } = await ask(request);
  expect(prompts[0]).not.toContain('lifts x');
  expect(findings).toEqual(['the floor is flat']);
});
