/** Tokens and money of model calls. */
import type { AuthorSettings, ResourceUsage } from '@policybook/engine';

export interface Usage {
  readonly input: number;
  readonly output: number;
  /** Counted from the text's length, because the server did not say. */
  readonly estimated: boolean;
}

export type Price = Extract<AuthorSettings, { kind: 'openai' }>['price'];

export const noUsage: Usage = { input: 0, output: 0, estimated: false };

/** A common rule of thumb for text and code; only used where a server reports nothing. */
const charactersPerToken = 4;

export function estimateTokens(text: string): number {
  return Math.ceil(text.length / charactersPerToken);
}

export function addUsage(a: Usage, b: Usage): Usage {
  return {
    input: a.input + b.input,
    output: a.output + b.output,
    estimated: a.estimated || b.estimated,
  };
}

/** US dollars, or `null` without a price table (US dollars a million tokens). */
export function moneyOf(usage: Usage, price: Price): number | null {
  return price === null ? null : (usage.input * price.input + usage.output * price.output) / 1e6;
}

/** The cost of a call that was made: zero fields absent, as events want it. */
export function costOf(usage: Usage, price: Price): ResourceUsage {
  const money = moneyOf(usage, price);
  return {
    calls: 1,
    ...(usage.input > 0 && { tokensIn: usage.input }),
    ...(usage.output > 0 && { tokensOut: usage.output }),
    ...(money !== null && money > 0 && { money }),
  };
}

export interface Allowance {
  readonly tokens: number | null;
  readonly money: number | null;
}

/** Most output tokens that one answer may take within what is left; 0 or less: no further call. */
export function affordableOutput(left: Allowance, input: number, most: number, price: Price): number {
  const byTokens = left.tokens === null ? most : left.tokens - input;
  if (left.money === null || price === null) return Math.min(most, byTokens);
  const rest = left.money - (input * price.input) / 1e6;
  const byMoney = price.output === 0 ? (rest > 0 ? most : 0) : Math.floor((rest * 1e6) / price.output);
  return Math.min(most, byTokens, byMoney);
}
