/** The list of prices: for which models and servers it has one, and where it is from. */
import { findListPrice, MODEL_PRICES_READ } from '../../../packages/protocol/src';

test.each<[string, string | null]>([
  ['gpt-5-mini', null],
  ['gpt-5-mini-2025-08-07', null],
  ['gpt-5-mini', 'https://api.openai.com/v1'],
])('%s on %s has a price', (model, server) => {
  expect(findListPrice(model, server)).toEqual({ input: 0.25, cachedInput: 0.025, output: 2 });
});

test.each<[string, string | null]>([
  ['gpt-99', null],
  ['gpt-5-mini-turbo', null],
  ['gpt-5-mini', 'http://127.0.0.1:8000/v1'],
  ['gpt-5-mini', 'https://api.openai.com.example.org/v1'],
  ['gpt-5-mini', 'http://['],
])('%s on %s has none', (model, server) => {
  expect(findListPrice(model, server)).toBeNull();
});

test('the list says when and where it was read', () => {
  expect(MODEL_PRICES_READ.date).toMatch(/^\d{4}-\d{2}-\d{2}$/);
  expect(MODEL_PRICES_READ.source).toMatch(/^https:\/\//);
});
