import type { Author, AuthorRequest } from '@policybook/engine';
import { writePrompt } from '../../../packages/authors/src/prompt';
import { withoutMemory } from '../../../packages/authors/src/without-memory';
import { authorRequest, candidate } from './run-request';

test('an author without memory is shown the first prompt whatever has happened', async () => {
  const asked: AuthorRequest[] = [];
  const inner: Author = {
    kind: 'openai',
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
    candidates: [candidate(1), candidate(2)],
    champion: 2,
    findings: ['the floor is flat'],
    generation: 4,
    left: { tokens: 100 },
  });
  expect(writePrompt(later, null)).not.toEqual(writePrompt(first, null));
  const author = withoutMemory(inner);
  await author.propose(later);
  expect(author.kind).toBe('openai');
  expect(asked.map((request) => writePrompt(request, null))).toEqual([writePrompt(first, null)]);
  // Samples are told apart by their generation, and pay from what is left.
  expect(asked[0]).toMatchObject({ generation: 4, left: { tokens: 100 } });
});
