/** Tokens and money of model calls. */
import type { BudgetLeft } from '@policybook/engine';
import type { ModelPrice, ResourceUsage } from '@policybook/protocol';

/** Tokens of one or several attempts at a model call. */
export interface TokenUsage {
  readonly input: number;
  readonly output: number;
  /** Those of `input` that the server had in its cache, as far as it says so; absent for none. */
  readonly cached?: number;
  /** Those of `output` in which the model reasons, as far as the server says so; absent for none. */
  readonly reasoning?: number;
  /** Whether it was estimated from the length of the text, because the server did not say. */
  readonly estimated: boolean;
}

/** US dollars a million tokens; `null` where they are not known. */
export type TokenPrice = ModelPrice | null;

/** The usage of an attempt that cost nothing. */
export const NO_TOKENS: TokenUsage = { input: 0, output: 0, estimated: false };

/** A common rule of thumb for text and code: for the length of prompts, and where a server reports nothing. */
const CHARACTERS_PER_TOKEN = 4;

/** By how much more tokens than estimated a text may have where money depends on it: dense code has three characters a token. */
const CAUTION = 4 / 3;

/** Tokens of a text by its length, rounded up. */
export function estimateTokens(text: string): number {
  return Math.ceil(text.length / CHARACTERS_PER_TOKEN);
}

/** Counts the characters of a text of so many tokens. */
export function countCharacters(tokens: number): number {
  return tokens * CHARACTERS_PER_TOKEN;
}

/** Tokens of both, estimated where one of them is. */
export function addTokens(a: TokenUsage, b: TokenUsage): TokenUsage {
  return {
    input: a.input + b.input,
    output: a.output + b.output,
    ...describeDetails((a.cached ?? 0) + (b.cached ?? 0), (a.reasoning ?? 0) + (b.reasoning ?? 0)),
    estimated: a.estimated || b.estimated,
  };
}

/** The parts of a usage that are counted apart, without what is zero. */
export function describeDetails(cached: number, reasoning: number): Pick<TokenUsage, 'cached' | 'reasoning'> {
  return { ...(cached > 0 && { cached }), ...(reasoning > 0 && { reasoning }) };
}

/** Computes US dollars from a price in US dollars a million tokens; `null` without a price. */
export function computePrice(usage: TokenUsage, price: TokenPrice): number | null {
  if (price === null) return null;
  const cached = Math.min(usage.cached ?? 0, usage.input);
  const input = (usage.input - cached) * price.input + cached * (price.cachedInput ?? price.input);
  return (input + usage.output * price.output) / 1e6;
}

/** What `calls` attempts that a server has taken used, without what is zero, as events want it. */
export function describeCallUsage(calls: number, usage: TokenUsage, price: TokenPrice): ResourceUsage {
  const money = computePrice(usage, price);
  return {
    ...(calls > 0 && { calls }),
    ...(usage.input > 0 && { tokensIn: usage.input }),
    ...(usage.output > 0 && { tokensOut: usage.output }),
    ...(usage.cached !== undefined && { tokensCached: usage.cached }),
    ...(usage.reasoning !== undefined && { tokensReasoning: usage.reasoning }),
    ...(calls > 0 && price === null && { unpriced: calls }),
    ...(money !== null && money > 0 && { money }),
  };
}

/** What is left of the budgets that bound an answer; `null` is unlimited. */
export interface TokenAllowance {
  readonly tokens: number | null;
  readonly money: number | null;
}

/** Takes what was spent off what was left; `null` stays unlimited. */
export function takeOff(
  left: BudgetLeft,
  { calls = 0, tokensIn = 0, tokensOut = 0, money = 0 }: ResourceUsage,
): BudgetLeft {
  const rest = (most: number | null, spent: number) => (most === null ? null : Math.max(0, most - spent));
  return {
    ...left,
    calls: rest(left.calls, calls),
    tokens: rest(left.tokens, tokensIn + tokensOut),
    money: rest(left.money, money),
  };
}

/** Counts the most output tokens that one answer may take within what is left; 0 or less forbids a further call. */
export function countAffordableOutput(
  left: TokenAllowance,
  input: number,
  most: number,
  price: TokenPrice,
): number {
  const byTokens = left.tokens === null ? most : left.tokens - input;
  if (left.money === null || price === null) return Math.min(most, byTokens);
  // A budget of money is not to be passed: the estimate of the input may be too low, and its cache may be empty.
  const rest = left.money - (CAUTION * input * price.input) / 1e6;
  const byMoney = price.output === 0 ? (rest > 0 ? most : 0) : Math.floor((rest * 1e6) / price.output);
  return Math.min(most, byTokens, byMoney);
}
