/**
 * List prices of models that are asked on OpenAI's own server, in US dollars a million tokens. A price that a cell gives
 * goes before. A model that is not here has no known price, and what its calls cost is unknown, never zero.
 */

/** What tokens of a model cost, in US dollars a million. */
export type ModelPrice = {
  readonly input: number;
  /** Of input that the server had in its cache; absent where it costs as other input, or is not known. */
  readonly cachedInput?: number;
  /** Of output, reasoning included. */
  readonly output: number;
};

/** When and where the prices were read. Prices change: a cell says which ones hold for it. */
export const MODEL_PRICES_READ = {
  date: '2026-12-01',
  source:
    'https://github.com/BerriAI/litellm/blob/00035b69f416be24e2e323c13198d9b7d2d1bdf9/model_prices_and_context_window.json',
} as const;

/** Standard tier, prompts of up to 272,000 tokens. */
const MODEL_PRICES: ReadonlyMap<string, ModelPrice> = new Map<string, ModelPrice>([
  ['gpt-5', { input: 1.25, cachedInput: 0.125, output: 10 }],
  ['gpt-5-mini', { input: 0.25, cachedInput: 0.025, output: 2 }],
  ['gpt-5.1', { input: 1.25, cachedInput: 0.125, output: 10 }],
  ['gpt-5.4', { input: 2.5, cachedInput: 0.25, output: 15 }],
  ['gpt-5.4-mini', { input: 0.75, cachedInput: 0.075, output: 4.5 }],
  ['gpt-5.4-nano', { input: 0.2, cachedInput: 0.02, output: 1.25 }],
]);

/** The host whose prices these are. */
const PRICED_HOST = 'api.openai.com';

/**
 * Finds the list price of a model by its name, which a date may follow (`gpt-5-mini-2025-08-07`). `server` is the address of its
 * server, `null` for OpenAI's own: of every other server no price is known. `null` for unknown.
 */
export function findListPrice(model: string, server: string | null): ModelPrice | null {
  if (server !== null && !(URL.canParse(server) && new URL(server).host === PRICED_HOST)) return null;
  return MODEL_PRICES.get(model.replace(/-\d{4}-\d{2}-\d{2}$/, '')) ?? null;
}
