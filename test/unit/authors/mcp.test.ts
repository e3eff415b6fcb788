/** The author `mcp` waits for its agent: use of a tool is a sign of life, and an agent that is gone pauses the run. */
import type { Author } from '@policybook/engine';
import { createAuthor } from '../../../packages/authors/src';
import { connectClient, useByClient, type ServerAddress } from './mcp-client';
import { authorRequest, MemoryCalls, UNUSED_PORTS, type RequestParts } from './run-request';

const SOURCE = 'def act(observation):\n    return 1\n';
const opened: Author[] = [];

afterEach(async () => {
  jest.useRealTimers();
  for (const author of opened.splice(0)) await author.close?.(null);
});

/** Opens a turn, and waits until it can be worked on. */
async function openTurn(deadlineSeconds: number, parts: RequestParts = {}) {
  let announce: (address: ServerAddress) => void = () => undefined;
  const address = new Promise<ServerAddress>((resolve) => {
    announce = resolve;
  });
  const created = createAuthor(
    { kind: 'mcp', deadlineSeconds },
    {
      ...UNUSED_PORTS,
      evaluator: { request: () => Promise.reject(new Error('an agent asks no evaluator')) },
      calls: new MemoryCalls(),
      variables: {},
      notice: () => undefined,
      announceServer: (server) => {
        announce(server);
        return Promise.resolve(() => Promise.resolve());
      },
    },
  );
  if (!created.ok) throw new Error(created.message);
  opened.push(created.value);
  const answer = created.value.propose(authorRequest(parts));
  return { answer, client: await connectClient(await address) };
}

/** Timers of Node's own are real, so that the connection goes on; those of the program stand still. */
function stopTimers(): void {
  jest.useFakeTimers({
    doNotFake: ['nextTick', 'setImmediate', 'clearImmediate', 'queueMicrotask', 'performance', 'Date'],
  });
}

test('each use of a tool begins the deadline again, and what the agent itself costs is unknown', async () => {
  stopTimers();
  const { answer, client } = await openTurn(60);
  for (let use = 0; use < 3; use++) {
    await jest.advanceTimersByTimeAsync(59_000);
    const { isError } = await useByClient(client, 'read', { what: 'history' });
    expect(isError).toBe(false);
  }
  await useByClient(client, 'submit', { policy: SOURCE, label: 'a lean', idea: 'Push.' });
  await client.close();
  expect(await answer).toMatchObject({
    ok: true,
    value: { proposals: [{ source: SOURCE }], isUnmetered: true, usage: { calls: 1, unpriced: 1 } },
  });
});

test('a client that asks for progress hears of a long use, and does not give it up', async () => {
  stopTimers();
  const { tools } = authorRequest();
  const said: unknown[] = [];
  const { answer, client } = await openTurn(8, {
    tools: {
      ...tools,
      evaluate: async () => {
        await jest.advanceTimersByTimeAsync(55_000);
        while (said.length < 5) await new Promise(setImmediate);
        await jest.advanceTimersByTimeAsync(50_000);
        return { ok: true, value: { episodes: [], failure: null } };
      },
    },
  });
  const done = await client.callTool({ name: 'evaluate', arguments: { policy: SOURCE } }, undefined, {
    onprogress: ({ progress, message }) => said.push([progress, message]),
    resetTimeoutOnProgress: true,
  });
  expect(done.isError).toBe(false);
  expect(said.slice(0, 2)).toEqual([
    [10, 'evaluate has gone on for 10 s'],
    [20, 'evaluate has gone on for 20 s'],
  ]);
  await useByClient(client, 'stop', { reason: 'It is solved.' });
  await client.close();
  expect(await answer).toMatchObject({ ok: true });
});

test.each([
  [8, '8 seconds'],
  [90 * 60, '90 minutes'],
])('an agent that is gone for %s seconds pauses the run, which says so', async (deadline, words) => {
  stopTimers();
  const { answer, client } = await openTurn(deadline);
  await useByClient(client, 'note', { text: 'It leans.' });
  await jest.advanceTimersByTimeAsync(1000 * deadline);
  await client.close();
  expect(await answer).toMatchObject({
    ok: false,
    code: 'deadline',
    isLasting: true,
    isOutage: true,
    message: `No agent has worked on the run for ${words}. Connect one by policybook mcp first and run the cell again: what was done so far is kept.`,
  });
});

test('a use that takes longer than the deadline ends no turn', async () => {
  stopTimers();
  const { tools } = authorRequest();
  const { answer, client } = await openTurn(8, {
    tools: {
      ...tools,
      evaluate: async () => {
        await jest.advanceTimersByTimeAsync(30_000);
        return { ok: true, value: { episodes: [], failure: null } };
      },
    },
  });
  expect((await useByClient(client, 'evaluate', { policy: SOURCE })).isError).toBe(false);
  await useByClient(client, 'stop', { reason: 'It is solved.' });
  await client.close();
  expect(await answer).toMatchObject({ ok: true, value: { proposals: [], exhausted: true } });
});
