/** What people see of an answer while it comes: at a bounded rate, without the key, and of nothing that is recorded. */
import type { PendingAnswer } from '@policybook/engine';
import { createAuthor } from '../../../packages/authors/src';
import { PendingAnswers } from '../../../packages/engine/src/session/pending-answers';
import { startOpenAiServer } from '../../fixtures/scripted-openai-server';
import { authorRequest, MemoryCalls, openAiSettings, UNUSED_PORTS } from './run-request';

const KEY = 'canary-key-5f2b9c';
const content = `Label: five\nIdea: Push the cart (${KEY}).\n\n\`\`\`python\n${'# a line of the policy\n'.repeat(40)}def act(observation):\n    return 5\n\`\`\`\n`;

test('an answer is reported as it streams, reasoning first, then its idea and its text, without the key', async () => {
  const server = await startOpenAiServer([
    { reasoning: 'The cart falls to the left. '.repeat(20), content, chunkCharacters: 7, chunkDelay: 8 },
  ]);
  try {
    const calls = new MemoryCalls();
    const author = createAuthor(openAiSettings({ baseUrl: server.baseUrl }), {
      evaluator: { request: () => Promise.reject(new Error('the openai author asks no evaluator')) },
      calls,
      variables: { TEST_KEY: KEY },
      notice: () => undefined,
      ...UNUSED_PORTS,
    });
    if (!author.ok) throw new Error(author.message);
    const reports: (PendingAnswer | null)[] = [];
    const request = {
      ...authorRequest(),
      onAnswering: (_: number, answer: PendingAnswer | null) => {
        reports.push(answer);
      },
    };
    await author.value.propose(request);
    const answers = reports.flatMap((report) => report ?? []);
    expect(answers[0]).toMatchObject({ tokens: 0, idea: null, reasoning: '', content: '' });
    expect(answers.some(({ reasoning, content: text }) => reasoning !== '' && text === '')).toBe(true);
    expect(answers.some(({ idea }) => idea === 'Push the cart ([key]).')).toBe(true);
    expect(answers.at(-1)?.content).toContain('# a line of the policy');
    expect(reports.at(-1)).toBeNull();
    expect(JSON.stringify(reports)).not.toContain(KEY);
    // No beginning of the key stands at the end of a text of which more comes.
    expect(answers.filter(({ content: text }) => text.endsWith('canary'))).toEqual([]);
    const seconds = answers.map((answer) => answer.seconds);
    expect(seconds).toEqual([...seconds].sort((a, b) => a - b));
    // Half a second between two reports, however many pieces come: of the text there are more than a hundred.
    expect(answers.length).toBeLessThan(2 + 2 * (seconds.at(-1) ?? 0) + 1);

    // What is recorded comes without a report.
    const before = reports.length;
    await author.value.propose(request);
    expect(reports).toHaveLength(before);
  } finally {
    await server.close();
  }
});

test('a progress line says how long, how much and what the idea is; several answers are one', () => {
  const pending = new PendingAnswers();
  const activity = 'asking the author, generation 3';
  expect(pending.describe(activity)).toBe(activity);
  const answer = { seconds: 3.6, tokens: 0, idea: null, reasoning: '', content: '' };
  pending.note(1, answer);
  expect(pending.describe(activity)).toBe(`${activity}: 3 s`);
  pending.note(0, { ...answer, seconds: 12.2, tokens: 1240, idea: 'Push the cart.' });
  pending.note(1, { ...answer, tokens: 100 });
  expect(pending.describe(activity)).toBe(`${activity}: 12 s, about 1,340 tokens so far: Push the cart.`);
  pending.note(0, null);
  pending.note(1, null);
  expect(pending.describe(activity)).toBe(activity);
});
