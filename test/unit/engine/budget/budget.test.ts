import {
  countAffordableEpisodes,
  readBudgetLeft,
  formatBudget,
  canAskAuthor,
} from '../../../../packages/engine/src/budget/budget';
import { fold } from '../../../../packages/engine/src/index';
import { UNLIMITED_BUDGET, type Budget, type ResourceUsage } from '@policybook/protocol';
import { toyFacts, toySettings } from '../simulation';

function after(usage: ResourceUsage, budget: Partial<Budget>) {
  const settings = toySettings({ budget: { ...UNLIMITED_BUDGET, ...budget } });
  const state = fold([
    { type: 'run_declared', format: 2, run: 'first', settings, facts: toyFacts },
    {
      type: 'author_answered',
      generation: 0,
      author: 'search',
      proposals: 0,
      findings: [],
      exhausted: false,
      call: null,
      usage,
    },
  ]);
  if (state === null) throw new Error('declared');
  return state;
}

test('what is left is never negative, and unlimited stays unlimited', () => {
  const state = after({ episodes: 30, tokensIn: 5, tokensOut: 6 }, { episodes: 20, tokens: 20 });
  expect(readBudgetLeft(state)).toEqual({ episodes: 0, steps: null, calls: null, tokens: 9, money: null });
  expect(countAffordableEpisodes(after({}, {}))).toBe(Infinity);
});

test('steps allow as many episodes as those so far were long, or as long as they may be before any', () => {
  expect(countAffordableEpisodes(after({}, { steps: 500 }))).toBe(10);
  expect(countAffordableEpisodes(after({ episodes: 10, steps: 200 }, { steps: 500 }))).toBe(15);
  expect(countAffordableEpisodes(after({ episodes: 10, steps: 200 }, { steps: 500, episodes: 14 }))).toBe(4);
});

test.each([
  [{ calls: 2 }, { calls: 2 }],
  [{ tokensIn: 60, tokensOut: 60 }, { tokens: 100 }],
  [{ money: 1.5 }, { money: 1 }],
])('an author is not asked again after %j of %j', (usage, budget) => {
  expect(canAskAuthor(after(usage, budget))).toBe(false);
  expect(canAskAuthor(after({}, budget))).toBe(true);
});

test('the text names every limited budget', () => {
  const text = formatBudget(after({ episodes: 3, money: 0.25 }, { episodes: 20, money: 1 }));
  expect(text).toBe('3 of 20 episodes, 0.25 of 1 dollar');
});
