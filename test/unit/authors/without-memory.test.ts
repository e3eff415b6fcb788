import type { Author, AuthorRequest } from '@policybook/engine';
import { writePrompt } from '../../../packages/authors/src/prompt';
import { removeMemory } from '../../../packages/authors/src/without-memory';
import { buildEvent } from '../../fixtures/run-events';
import { authorRequest, promoted, proposed, score, PLAIN_PROMPT } from './run-request';

test('an author without memory is shown the first prompt whatever has happened', async () => {
  const asked: AuthorRequest[] = [];
  const inner: Author = {
    kind: 'openai',
    spendsModelCalls: true,
    hasIndependentSamples: false,
    propose: (request) => {
      asked.push(request);
      return Promise.resolve({
        ok: true,
        value: { proposals: [], findings: [], exhausted: false, call: null, usage: {} },
      });
    },
  };
  const first = authorRequest();
  const later = authorRequest({
    events: [
      buildEvent('author_answered', { findings: ['the floor is flat'] }),
      proposed(1),
      proposed(2),
      promoted(2, score(200)),
    ],
    generation: 4,
    left: { tokens: 100 },
  });
  const prompt = await writePrompt(first, PLAIN_PROMPT);
  expect(await writePrompt(later, PLAIN_PROMPT)).not.toEqual(prompt);
  const author = removeMemory(inner);
  await author.propose(later);
  expect(author).toMatchObject({ kind: 'openai', spendsModelCalls: true, hasIndependentSamples: true });
  expect(await Promise.all(asked.map((request) => writePrompt(request, PLAIN_PROMPT)))).toEqual([prompt]);
  // Samples differ by their generation, and pay from what is left.
  expect(asked[0]).toMatchObject({ generation: 4, left: { tokens: 100 } });
});
