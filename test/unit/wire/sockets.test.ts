/** Both sides of the wire against one another, over real sockets. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { Publisher, Router } from 'zeromq';
import {
  bindServer,
  Composer,
  connectClient,
  createSigner,
  createCommId,
  createSessionId,
  Outbox,
  readHeader,
  type ClientSockets,
  type ConnectionInfo,
  type RawMessage,
  type ServerSockets,
} from '../../../packages/wire/src';
import { bindChannel } from '../../../packages/wire/src/bind-channel';

const signer = createSigner('key');
const composer = new Composer(signer, createSessionId(), 'test');
let folder: string;
let server: ServerSockets;
let client: ClientSockets;
const received: RawMessage[] = [];
const problems: string[] = [];
const answers: [string, RawMessage][] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wire-'));
  const info: ConnectionInfo = {
    transport: 'ipc',
    ip: join(folder, 's'),
    ports: { shell: 1, iopub: 2, stdin: 3, control: 4, hb: 5 },
    key: 'key',
    signatureScheme: 'hmac-sha256',
  };
  received.length = problems.length = answers.length = 0;
  client = connectClient(info, 'me', {
    onMessage: (channel, message) => answers.push([channel, message]),
  });
  await sleep(30); // the server comes late, as a subkernel does
  server = await bindServer(info);
  server.listen(signer, composer, {
    onListening: () => undefined,
    onMessage: (_channel, message) => received.push(message),
    onDropped: (text) => problems.push(text),
  });
});

afterEach(async () => {
  client.close();
  await server.close();
  rmSync(folder, { recursive: true });
});

async function until(met: () => boolean): Promise<void> {
  while (!met()) await nextTurn();
}

test('a request reaches the server and its answer the client that sent it', async () => {
  const { id, frames } = composer.compose('comm_msg', { comm_id: createCommId(), data: { a: 1 } });
  client.send('shell', frames);
  await client.welcomed;
  await until(() => received.length === 1);
  const [message] = received;
  expect(message && readHeader(message.header)?.msg_id).toBe(id);
  expect(message?.identities.map(String)).toEqual(['me']);
  if (!message) return;
  const { identities } = message;
  server.send(
    'shell',
    composer.compose('interrupt_reply', { status: 'ok' }, { parent: message, identities }).frames,
  );
  await until(() => answers.length === 1);
  expect(answers[0]?.[0]).toBe('shell');
  expect(answers[0]?.[1].parentHeader.equals(message.header)).toBe(true);
});

test('messages that were signed with another key are dropped', async () => {
  const forger = new Composer(createSigner('other'), createSessionId(), 'forger');
  client.send('shell', forger.compose('interrupt_request', {}).frames);
  await until(() => problems.length === 1);
  expect(problems[0]).toMatch(/wrong signature/);
  expect(received).toEqual([]);
});

test('thousands of publications keep their order, sent without waiting', async () => {
  await client.welcomed;
  for (let i = 0; i < 5_000; i += 1) {
    server.send('iopub', composer.compose('stream', { name: 'stdout', text: String(i) }).frames);
  }
  await until(() => answers.length === 5_000);
  expect(answers.map(([, message]) => String(message.content))).toEqual(
    Array.from({ length: 5_000 }, (_, i) => JSON.stringify({ name: 'stdout', text: String(i) })),
  );
});

test('a received frame keeps memory of its own length, not of the whole read buffer', async () => {
  await client.welcomed;
  const before = process.memoryUsage().rss;
  const count = 8_000;
  for (let sent = 0; sent < count; sent += 1) {
    client.send('shell', composer.compose('comm_msg', { comm_id: createCommId(), data: {} }).frames);
    // One at a time, so that each is read into a buffer of its own; libzmq's have 8 kB.
    await until(() => received.length > sent);
  }
  expect(process.memoryUsage().rss - before).toBeLessThan(count * 6_000);
});

test('an outbox sends what the socket itself would refuse', async () => {
  const publisher = new Publisher({ linger: 0 });
  const refused: unknown[] = [];
  const outbox = new Outbox(
    (frames: Buffer[]) => publisher.send(frames),
    (error) => refused.push(error),
  );
  for (let i = 0; i < 3_000; i += 1) outbox.send([Buffer.from(String(i))]);
  await outbox.drain();
  expect(refused).toEqual([]);
  publisher.close();
  outbox.send([Buffer.from('late')]);
  await outbox.drain();
  expect(refused).toHaveLength(1);
});

describe('a server whose port another process has', () => {
  let holder: Server;
  let info: ConnectionInfo;

  beforeEach(async () => {
    holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const address = holder.address();
    if (address === null || typeof address === 'string') throw new Error('it listens on no port');
    const ports = { shell: address.port, iopub: 0, stdin: 0, control: 0, hb: 0 };
    info = { transport: 'tcp', ip: '127.0.0.1', ports, key: 'key', signatureScheme: 'hmac-sha256' };
  });

  afterEach(() => {
    holder.close();
  });

  test('binds it when it is given up', async () => {
    const router = new Router();
    const binding = bindChannel(router, info, 'shell');
    holder.close();
    await binding;
    router.close();
  });

  test('says which it is where it stays taken', async () => {
    const router = new Router();
    await expect(bindChannel(router, info, 'shell')).rejects.toThrow(
      `another process has taken tcp://127.0.0.1:${info.ports.shell}, where the connection file wants the channel shell. Start the kernel again: it gets other ports.`,
    );
    router.close();
  });
});
