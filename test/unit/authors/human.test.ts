/** The author human waits until the user says something to the run, and proposes nothing itself. */
import type { Author } from '@policybook/engine';
import { createAuthor, readAuthorTraits, type AuthorDependencies } from '../../../packages/authors/src';
import { writePrompt } from '../../../packages/authors/src/prompt';
import { buildEvent } from '../../fixtures/run-events';
import { authorRequest, id, MemoryCalls, proposed, raced, UNUSED_PORTS } from './run-request';

const create = (waitForMessage: AuthorDependencies['waitForMessage']) =>
  createAuthor(
    { kind: 'human' },
    {
      evaluator: { request: () => Promise.reject(new Error('no evaluator is asked')) },
      calls: new MemoryCalls(),
      variables: {},
      notice: () => undefined,
      ...UNUSED_PORTS,
      waitForMessage,
    },
  );

function require(waitForMessage: AuthorDependencies['waitForMessage']): Author {
  const author = create(waitForMessage);
  if (!author.ok) throw new Error(author.message);
  return author.value;
}

test('it says for what it waits, and hands the turn back when something was said', async () => {
  let say: () => void = () => undefined;
  const author = require(() => new Promise((resolve) => (say = resolve)));
  const activities: string[] = [];
  const request = { ...authorRequest(), onActivity: (text: string) => activities.push(text) };
  const answer = author.propose(request);
  expect(activities.join()).toContain('%%policy NAME for CartPole-v1');
  say();
  expect(await answer).toEqual({
    ok: true,
    value: { proposals: [], findings: [], exhausted: false, call: null, usage: {} },
  });
  expect(readAuthorTraits({ kind: 'human' })).toEqual({
    spendsModelCalls: false,
    hasIndependentSamples: false,
    readsWords: false,
    answersFromOutside: true,
  });
});

test('after each new head the tuner has its turn before the user is waited for again', async () => {
  let waits = 0;
  const author = require(() => {
    waits++;
    return Promise.resolve();
  });
  const events = [proposed(1), raced(1, [10, 20]), buildEvent('head_changed', { candidate: id(1) })];
  for (const expected of [0, 0, 1, 2]) {
    await author.propose(authorRequest({ events }));
    expect(waits).toBe(expected);
  }
});

test('it gives up when the run is stopped', async () => {
  const author = require(() => Promise.resolve());
  const answer = await author.propose(authorRequest({ signal: AbortSignal.abort() }));
  expect(answer).toMatchObject({ ok: false, code: 'cancelled' });
});

test('a run that no cell can speak to has no such author, and the message says what to write', () => {
  const author = create(null);
  expect(author).toMatchObject({ ok: false, code: 'no_cells' });
  expect(author.ok ? '' : author.message).toContain('background: true');
});

test("a note of the user's stands in the next prompt as the user's words, behind those of the cell", async () => {
  const notes = ['weigh the lean', "don't overdo it"].map((text) =>
    buildEvent('message_received', { message: { kind: 'note', text } }),
  );
  const options = { instructions: 'Be short.', mostTokens: null, allowsEdits: false };
  const { user } = await writePrompt(authorRequest({ events: notes }), options);
  expect(user).toContain(
    "# What the user asks for\n\nBe short.\n\nSaid while you worked, the latest last:\n\n- weigh the lean\n- don't overdo it\n",
  );
});
