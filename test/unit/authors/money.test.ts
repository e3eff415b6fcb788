/** A budget of money is not passed, by whatever the server charges within what it was asked for. */
import { learn } from '@policybook/engine';
import { UNLIMITED_BUDGET } from '@policybook/protocol';
import { createAuthor } from '../../../packages/authors/src';
import { startOpenAiServer, type ScriptedAnswer } from '../../fixtures/scripted-openai-server';
import { MemoryJournal, stillClock, ToyEvaluator, toyFacts, toySettings } from '../engine/simulation';
import { MemoryCalls, openAiSettings, UNUSED_PORTS } from './run-request';

const price = { input: 5, output: 20 };
const LIMIT = 0.2;

/** An answer that is charged as dearly as can be: dense input, and all the output that was allowed. */
const dear = (mean: number): ScriptedAnswer => ({
  content: `Label: ${mean}\nIdea: Return it.\n\n\`\`\`python\n{"mean":${mean}}\n\`\`\`\n`,
  usage: 'dear',
});

test.each<[string, readonly ScriptedAnswer[]]>([
  ['answers', [1, 2, 3, 4, 5, 6, 7, 8].map(dear)],
  [
    'attempts that break off',
    [{ ...dear(1), content: 'x'.repeat(1000), breakAfter: { chunks: 40, how: 'reset' } }],
  ],
])('%s that are as dear as can be do not pass it', async (_, answers) => {
  const server = await startOpenAiServer(answers);
  try {
    const author = createAuthor(openAiSettings({ baseUrl: server.baseUrl, price, maxTokens: 2000 }), {
      evaluator: { request: () => Promise.reject(new Error('the openai author asks no evaluator')) },
      calls: new MemoryCalls(),
      variables: { TEST_KEY: 'a-key' },
      notice: () => undefined,
      ...UNUSED_PORTS,
      retries: { backoff: 1, longest: 1, attempts: 100 },
    });
    if (!author.ok) throw new Error(author.message);
    const budget = { ...UNLIMITED_BUDGET, episodes: 400, money: LIMIT };
    const state = await learn(
      { run: 'first', settings: toySettings({ budget, tune: false, simplify: false }), facts: toyFacts },
      {
        evaluator: new ToyEvaluator(),
        author: author.value,
        journal: new MemoryJournal(),
        clock: stillClock,
      },
      { signal: new AbortController().signal },
    );
    expect(state.usage.money).toBeGreaterThan(LIMIT / 2);
    expect(state.usage.money).toBeLessThanOrEqual(LIMIT);
  } finally {
    await server.close();
  }
});
