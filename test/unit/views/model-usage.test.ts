/** What calls of models took, in words. */
import type { ResourceUsage } from '@policybook/protocol';
import { formatModelUsage } from '../../../packages/views/src/model-usage';

const spent = { calls: 12, tokensIn: 34_000, tokensOut: 9000 };

test.each<[ResourceUsage, string | null]>([
  [{}, null],
  [
    { ...spent, tokensCached: 20_000, tokensReasoning: 6000, money: 0.12 },
    '12 calls: 34,000 tokens read (20,000 of them cached), 9,000 written (6,000 of them reasoning); $0.12',
  ],
  [spent, '12 calls: 34,000 tokens read, 9,000 written; $0.00'],
  [
    { ...spent, unpriced: 12 },
    '12 calls: 34,000 tokens read, 9,000 written; an unknown sum, since their price is not known (author: price)',
  ],
  [
    { calls: 2, unpriced: 2 },
    '2 calls: an unknown number of tokens; an unknown sum, since their price is not known (author: price)',
  ],
  [
    { ...spent, unpriced: 2, money: 0.1 },
    '12 calls: 34,000 tokens read, 9,000 written; $0.10 and an unknown sum, since the price of 2 of them is not known (author: price)',
  ],
])('%j', (usage, expected) => {
  expect(formatModelUsage(usage, { kind: 'openai', price: null })).toBe(expected);
});

test.each([
  [{ kind: 'mailbox' }, false],
  [{ kind: 'several', of: [{ name: 'mailbox', author: { kind: 'mailbox' } }] }, false],
  [{ kind: 'several', of: [{ name: 'openai', author: { kind: 'openai', price: null } }] }, true],
])('a price is asked for only where the author has such a key: %j', (author, isAsked) => {
  expect(formatModelUsage({ ...spent, unpriced: 12 }, author)?.includes('(author: price)')).toBe(isAsked);
});
