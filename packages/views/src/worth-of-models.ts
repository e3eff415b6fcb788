/** Whether the model behind a contestant is worth its price: what scores more is named that took no more. */
import type { ComparisonState, Conclusion } from '@policybook/engine';
import { addUsage, countSpent, type ResourceUsage } from '@policybook/protocol';
import { formatMean } from './numbers';
import { toOneLine } from './text';

/** What is said of one contestant besides what it took. */
export interface WorthCells {
  /** Its mean return; empty where none is known, or no contestant has a model as author. */
  readonly score: string;
  /** Those that are shown to be better and took no more money, or tokens where no price is known; "none", or empty where it has no model. */
  readonly betterForNoMore: string;
}

/** Says what each contestant scores for its price, where a model has written for any of them. */
export function describeWorth(
  { settings, policies }: Pick<ComparisonState, 'settings' | 'policies'>,
  conclusion: Conclusion | null,
): (name: string) => WorthCells {
  const spent = new Map(
    settings.contestants.map(({ name }) => [
      name,
      policies
        .filter(({ contestant }) => contestant === name)
        .reduce<ResourceUsage>((sum, { usage }) => addUsage(sum, usage), {}),
    ]),
  );
  const hasModels = [...spent.values()].some(({ calls = 0 }) => calls > 0);
  const hasPrices = [...spent.values()].every(({ unpriced = 0, calls = 0, money = 0 }) =>
    calls === 0 ? true : unpriced === 0 && money > 0,
  );
  const price = (name: string): number => {
    const count = policies.filter(({ contestant }) => contestant === name).length;
    return countSpent(hasPrices ? 'money' : 'tokens', spent.get(name) ?? {}) / Math.max(1, count);
  };
  return (name) => {
    const found = conclusion?.contestants.find((each) => each.name === name);
    if (!hasModels || conclusion === null || found === undefined) return { score: '', betterForNoMore: '' };
    const better = listBetter(conclusion, name).filter((other) => price(other) <= price(name));
    const isModel = (spent.get(name)?.calls ?? 0) > 0;
    return {
      score: formatMean(found.score),
      betterForNoMore: isModel ? better.map((other) => toOneLine(other, 40)).join(', ') || 'none' : '',
    };
  };
}

/** Lists the contestants that are shown to be better than this one: their differences to it lie above zero. */
function listBetter({ pairs }: Conclusion, name: string): string[] {
  return pairs.flatMap(({ first, second, difference: { low, high } }) => {
    if (second === name && low > 0) return [first];
    return first === name && high < 0 ? [second] : [];
  });
}
