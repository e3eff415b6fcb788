/** The first prompt of a run has what random actions show. */
import type { Author, AuthorRequest } from '@policybook/engine';
import { probeFirst } from '../../../packages/authors/src/first-probe';
import { removeMemory } from '../../../packages/authors/src/without-memory';
import { writePrompt } from '../../../packages/authors/src/prompt';
import { buildEvent } from '../../fixtures/run-events';
import { authorRequest, PLAIN_PROMPT, proposed } from './run-request';

const answer = { proposals: [], findings: ['the floor is flat'], exhausted: false, call: null, usage: {} };

function probing(request: AuthorRequest): AuthorRequest {
  const probed = {
    ...{ findings: ['action 1 lifts x'], ranges: [{ path: '0', low: -0.25, high: 0.75 }] },
    usage: { episodes: 10, steps: 600 },
  };
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
  expect(prompt).toContain('Bounds, and the ranges that random actions met before the first answer:');
  expect(prompt).toMatch(/\| 0 \|.* -0\.25 \| 0\.75 \|/);
  expect(prompt).not.toContain('No random actions were tried');
});

test('what is left for the author is what its prompt says, after the probe', async () => {
  const left: AuthorRequest['left'][] = [];
  const author = probeFirst({
    kind: 'mailbox',
    ...{ spendsModelCalls: true, hasIndependentSamples: false },
    propose: (request) => {
      left.push(request.left);
      return Promise.resolve({ ok: true, value: answer });
    },
  });
  await author.propose(probing(authorRequest()));
  expect(left).toEqual([expect.objectContaining({ episodes: 2990 })]);
});

test('ranges of an observation without bounds in a table have a table of their own', async () => {
  const { facts } = authorRequest();
  const dict = { ...facts.observationSpace, kind: 'Dict' as const, low: null, high: null };
  const ranges = [
    { path: 'front', low: 0, high: 1 },
    { path: 'distance/2', low: -3, high: 4.5 },
  ];
  const usage = { episodes: 1, steps: 60 };
  const request: AuthorRequest = {
    ...authorRequest(),
    facts: { ...facts, observationSpace: dict },
    tools: {
      ...authorRequest().tools,
      probe: () => Promise.resolve({ ok: true, value: { findings: ['all is said'], ranges, usage } }),
    },
  };
  const prompt = await ask(request);
  expect(prompt).toContain('| | observation | seen at least | seen at most |');
  expect(prompt).toContain('| front | 0 | 1 |');
  expect(prompt).toContain('| distance[2] | -3 | 4.5 |');
});

test('a prompt says that there was no probe, and only of a small budget that it is the reason', async () => {
  const request = authorRequest();
  const settings = { ...request.settings, budget: { ...request.settings.budget, episodes: 19 } };
  const small = { ...request, settings, state: { ...request.state, settings } };
  expect(await ask(small)).toContain(
    'No random actions were tried before the first answer: they may take a twentieth of the episodes and of the steps, and that was less than one here.',
  );
  // A replay of a record without a probe, and a probe that failed, have other reasons.
  expect(await ask(request)).toContain('No random actions were tried before the first answer.');
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
