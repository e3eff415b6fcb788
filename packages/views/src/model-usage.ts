/** What calls of models took, in words: tokens with what of them was cached or reasoning, and money where its price is known. */
import type { RunState } from '@policybook/engine';
import type { ResourceUsage } from '@policybook/protocol';
import { z } from 'zod';
import { formatAmount, formatCount, formatQuantity } from './numbers';

/**
 * Formats as "12 calls: 34,000 tokens read (20,000 of them cached), 9,000 written (6,000 of them reasoning); $0.12". What calls
 * without a known price cost is unknown, never zero, and so are tokens where none were reported; the key that gives it is named where `author` has one. `null` where there
 * were no calls.
 */
export function formatModelUsage(
  usage: ResourceUsage,
  author: RunState['settings']['author'],
): string | null {
  const { calls = 0, tokensIn = 0, tokensOut = 0, tokensCached = 0, tokensReasoning = 0 } = usage;
  if (calls === 0) return null;
  const read = `${formatCount(tokensIn)} tokens read${formatPart(tokensCached, 'cached')}`;
  const written = `${formatCount(tokensOut)} written${formatPart(tokensReasoning, 'reasoning')}`;
  // No model reads and writes nothing: an agent from outside, and a program, do not say what theirs did.
  const tokens = tokensIn + tokensOut === 0 ? 'an unknown number of tokens' : `${read}, ${written}`;
  return `${formatQuantity(calls, 'call')}: ${tokens}; ${formatMoney(usage, takesPrice(author))}`;
}

const formatPart = (tokens: number, what: string): string =>
  tokens === 0 ? '' : ` (${formatCount(tokens)} of them ${what})`;

/** What the settings of several authors say of each. */
const authorMembers = z.array(z.looseObject({ author: z.looseObject({}) }));

/** Whether the settings of an author, or those of one of several, have a price. */
function takesPrice(author: RunState['settings']['author']): boolean {
  const members = authorMembers.safeParse(author['of']);
  return members.success ? members.data.some((each) => 'price' in each.author) : 'price' in author;
}

function formatMoney({ calls = 0, money = 0, unpriced = 0 }: ResourceUsage, hasPriceKey: boolean): string {
  if (unpriced === 0) return formatAmount(money, '$');
  const known = money > 0 ? `${formatAmount(money, '$')} and ` : '';
  const which = unpriced === calls ? 'their price' : `the price of ${formatCount(unpriced)} of them`;
  return `${known}an unknown sum, since ${which} is not known${hasPriceKey ? ' (author: price)' : ''}`;
}
