/** The first prompt of a run has what random actions show. */
import type { Author, AuthorRequest } from '@policybook/engine';
import { probeFirst } from '../../../packages/authors/src/first-probe';
import { removeMemory } from '../../../packages/authors/src/without-memory';
import { writePrompt } from '../../../packages/authors/src/prompt';
import { buildEvent } from '../../fixtures/run-events';
import { authorRequest, PLAIN_PROMPT, proposed } from './run-request';

const answer = { proposals: [], findings: ['the floor is flat'], exhausted: false, call: null, usage: {} };

function probing(request: AuthorRequest): AuthorRequest {
  const probed = { findings: ['action 1 lifts x'], usage: { episodes: 10, steps: 600 } };
  return {
    ...request,
    tools: { ...request.tools, probe: () => Promise.resolve({ ok: true, value: probed }) },
  };
}

async function ask(request: AuthorRequest): Promise<string> {
  const prompts: string[] = [];
  const author = probeFirst({
    kind: 'openai',
    ...{ spendsModelCalls: true, hasIndependentSamples: false },
    propose: async (each) => {
      prompts.push((await writePrompt(each, PLAIN_PROMPT)).user);
      return { ok: true, value: answer };
    },
  });
  await author.propose(request);
  return prompts.join();
}

const probe = buildEvent('tool_used', {
  tool: 'probe',
  findings: ['action 2 turns x'],
  usage: { episodes: 7 },
});

test('what a probe finds is in the first prompt, and off the budget', async () => {
  const prompt = await ask(probing(authorRequest()));
  expect(prompt).toContain('| - action 1 lifts x');
  expect(prompt).toContain('- 2990 of 3000 episodes are left.');
});

test.each([
  ['the budget allows none', authorRequest()],
  ['something was tried before', probing(authorRequest({ events: [proposed(1)] }))],
])('where %s, nothing is probed', async (_, request) => {
  expect(await ask(request)).not.toContain('lifts x');
});

test('what was found stays known, to an author without memory of what was tried too', async () => {
  const request = probing(authorRequest({ events: [probe, proposed(1)] }));
  const prompt = await ask(request);
  expect(prompt).toContain('| - action 2 turns x');
  expect(prompt).not.toContain('lifts x');
  const inner: Author = {
    kind: 'openai',
    ...{ spendsModelCalls: true, hasIndependentSamples: false },
    propose: async (each) => {
      const { user } = await writePrompt(each, PLAIN_PROMPT);
      expect(user).toContain('| - action 2 turns x');
      expect(user).toContain('There is none yet: write the first policy.');
      return { ok: true, value: answer };
    },
  };
  expect(await removeMemory(inner).propose(request)).toMatchObject({ ok: true });
});
