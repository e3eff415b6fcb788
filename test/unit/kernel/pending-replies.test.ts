/** Requests that are answered whole, in half, and not at all, and the order in which their answers go on. */
import type { Exchange } from '../../../kernel/src/subkernels/exchange';
import { PendingReplies } from '../../../kernel/src/subkernels/pending-replies';
import {
  Composer,
  createSigner,
  toMsgId,
  createSessionId,
  readHeader,
  splitFrames,
  type MessageHeader,
  type RawMessage,
} from '../../../packages/wire/src';

const composer = new Composer(createSigner('key'), createSessionId(), 'test');
let received: string[];
let probes: RawMessage[];
let probed: Promise<void>;
let requests: PendingReplies;

beforeEach(() => {
  received = [];
  const sent: RawMessage[] = [];
  probes = sent; // not those of a test before, whose timers may still run
  let onProbe = (): void => undefined;
  probed = new Promise((resolve) => (onProbe = resolve));
  requests = new PendingReplies({
    composer,
    send: (_channel, frames) => {
      sent.push(raw(frames));
      onProbe();
    },
    onOrphan: ({ message }) => received.push(`orphan ${String(message.content)}`),
    onMarker: (message) => received.push(`marker ${String(message.content)}`),
  });
});

function raw(frames: readonly Buffer[]): RawMessage {
  const message = splitFrames(frames);
  if (!message) throw new Error('not a message');
  return message;
}

function headerOf(message: RawMessage): MessageHeader {
  const header = readHeader(message.header);
  if (!header) throw new Error('no header');
  return header;
}

/** A request of this name; what the workbench says about it is up to the test. */
class TestRequest {
  readonly header: MessageHeader;

  constructor(
    readonly name: string,
    type = 'execute_request',
  ) {
    const request = raw(composer.compose('interrupt_request', {}).frames);
    this.header = { ...headerOf(request), msg_id: toMsgId(name), msg_type: type };
    const frames = composer.signAgain({ ...request, header: Buffer.from(JSON.stringify(this.header)) });
    const exchange: Exchange = {
      onReply: (message) => received.push(`${name} reply ${String(message.content)}`),
      onPublication: (_header, message) => received.push(`${name} ${String(message.content)}`),
      onDone: () => received.push(`${name} done`),
      onDeath: (reason, count) => received.push(`${name} ${reason} ${count}`),
    };
    requests.add('shell', this.header, frames, exchange);
  }

  reply(): void {
    requests.takeReply(this.header, raw(composer.compose('execute_reply', {}).frames));
  }

  publish(content: string, type = 'stream'): void {
    const message = raw(composer.compose('status', { execution_state: 'busy' }).frames);
    requests.takePublication({
      header: { ...headerOf(message), msg_type: type },
      parent: this.header,
      message: { ...message, content: Buffer.from(content) },
    });
  }

  idle(): void {
    this.publish('"idle"', 'status');
  }
}

/** The workbench's answer to the first probe: something is published, and then comes the reply. */
function answerProbe(part: 'publication' | 'reply'): void {
  const [request] = probes;
  if (!request) throw new Error('no probe');
  const parent = headerOf(request);
  const message = raw(composer.compose('status', { execution_state: 'busy' }).frames);
  if (part === 'publication') requests.takePublication({ header: headerOf(message), parent, message });
  else expect(requests.takeReply(parent, message)).toBe(true);
}

test('clients get outputs, reply and idle in this order, whichever came first', () => {
  const early = new TestRequest('a');
  early.reply();
  early.publish('out');
  early.idle();
  const late = new TestRequest('b');
  late.publish('out');
  late.idle();
  late.reply();
  expect(received).toEqual([
    'a out',
    'a reply {}',
    'a "idle"',
    'a done',
    'b out',
    'b reply {}',
    'b "idle"',
    'b done',
  ]);
  expect(requests.size).toBe(0);
});

test('publications after an idle status that waits for its reply wait too', () => {
  const [first, second] = [new TestRequest('a'), new TestRequest('b')];
  first.idle();
  second.publish('out');
  second.idle();
  expect(received).toEqual([]);
  first.reply();
  expect(received).toEqual(['a reply {}', 'a "idle"', 'a done', 'b out']);
  second.reply();
  expect(received.slice(4)).toEqual(['b reply {}', 'b "idle"', 'b done']);
});

test('a marker comes in its turn among the outputs, and no client gets it', () => {
  const [first, second] = [new TestRequest('a'), new TestRequest('b')];
  first.idle();
  second.publish('before');
  second.publish('m', 'policybook_marker');
  second.publish('behind');
  expect(received).toEqual([]);
  first.reply();
  expect(received.slice(3)).toEqual(['b before', 'marker m', 'b behind']);
});

test('the reply of a request other than an execution does not wait for outputs', () => {
  new TestRequest('a', 'debug_request').reply();
  expect(received).toEqual(['a reply {}']);
});

test('a publication after the end of its request is an orphan', () => {
  const request = new TestRequest('a');
  request.reply();
  request.idle();
  request.publish('from a thread');
  expect(received.at(-1)).toBe('orphan from a thread');
});

test('a missing reply is synthesised when a later request has been answered', async () => {
  const [first, second] = [new TestRequest('a'), new TestRequest('b')];
  first.publish('{"execution_count": 12}', 'execute_input');
  first.idle();
  second.publish('out');
  await probed;
  // The idle has gone ahead, for the sake of what follows.
  expect(received.slice(1)).toEqual(['a "idle"', 'b out']);
  received.length = 0;
  answerProbe('publication');
  answerProbe('reply');
  expect(received).toHaveLength(2);
  expect(received[0]).toMatch(/^a reply .*"status":"error","ename":"NoReply".*"execution_count":12/);
  expect(received[1]).toBe('a done');
  expect(requests.size).toBe(1);
});

test('a missing idle status is synthesised when a later request publishes', async () => {
  const request = new TestRequest('a');
  request.publish('out');
  request.reply();
  await probed;
  answerProbe('reply');
  expect(received).toEqual(['a out']);
  answerProbe('publication');
  expect(received).toEqual(['a out', 'a reply {}', 'a {"execution_state":"idle"}', 'a done']);
});

test('an early reply waits for outputs that are slow to come', async () => {
  const request = new TestRequest('a');
  request.reply();
  await probed;
  request.publish('100 MB');
  request.idle();
  answerProbe('publication');
  answerProbe('reply');
  expect(received).toEqual(['a 100 MB', 'a reply {}', 'a "idle"', 'a done']);
});

test('a reply that is only late is not synthesised', async () => {
  const request = new TestRequest('a');
  request.idle();
  await probed;
  request.reply();
  answerProbe('publication');
  answerProbe('reply');
  expect(received).toEqual(['a "idle"', 'a reply {}', 'a done']);
});

test('the workbench’s death is reported with the cell’s number, after what had been published', () => {
  const [first, second] = [new TestRequest('a'), new TestRequest('b')];
  first.publish('{"execution_count": 12}', 'execute_input');
  first.idle();
  second.publish('out');
  received.length = 0;
  requests.failAll('It died.', () => {
    received.push(`restarted with ${requests.size}`);
  });
  expect(received).toEqual(['a "idle"', 'b out', 'restarted with 0', 'a It died. 12', 'b It died. 0']);
});

test('a reply to no pending request is not taken', () => {
  const message = raw(composer.compose('execute_reply', {}).frames);
  expect(requests.takeReply(headerOf(message), message)).toBe(false);
  expect(requests.takeReply(undefined, message)).toBe(false);
});
