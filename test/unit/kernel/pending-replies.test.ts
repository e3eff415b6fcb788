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
let heard: string[];
let probes: RawMessage[];
let probed: Promise<void>;
let requests: PendingReplies;

beforeEach(() => {
  heard = [];
  const sent: RawMessage[] = [];
  probes = sent; // not those of a test before, whose timers may still run
  let tell = (): void => undefined;
  probed = new Promise((resolve) => (tell = resolve));
  requests = new PendingReplies({
    composer,
    send: (_channel, frames) => {
      sent.push(raw(frames));
      tell();
    },
    onOrphan: ({ message }) => heard.push(`stray ${String(message.content)}`),
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
class Asked {
  readonly header: MessageHeader;

  constructor(
    readonly name: string,
    type = 'execute_request',
  ) {
    const request = raw(composer.compose('interrupt_request', {}).frames);
    this.header = { ...headerOf(request), msg_id: toMsgId(name), msg_type: type };
    const frames = composer.signAgain({ ...request, header: Buffer.from(JSON.stringify(this.header)) });
    const exchange: Exchange = {
      onReply: (message) => heard.push(`${name} reply ${String(message.content)}`),
      onPublication: (_header, message) => heard.push(`${name} ${String(message.content)}`),
      onDone: () => heard.push(`${name} done`),
      onDeath: (reason, count) => heard.push(`${name} ${reason} ${count}`),
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

test('outputs, reply, idle, whichever came first', () => {
  const early = new Asked('a');
  early.reply();
  early.publish('out');
  early.idle();
  const late = new Asked('b');
  late.publish('out');
  late.idle();
  late.reply();
  expect(heard).toEqual([
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

test('what follows an idle that waits for its reply waits too', () => {
  const [first, second] = [new Asked('a'), new Asked('b')];
  first.idle();
  second.publish('out');
  second.idle();
  expect(heard).toEqual([]);
  first.reply();
  expect(heard).toEqual(['a reply {}', 'a "idle"', 'a done', 'b out']);
  second.reply();
  expect(heard.slice(4)).toEqual(['b reply {}', 'b "idle"', 'b done']);
});

test('only executions have outputs that their reply waits for', () => {
  new Asked('a', 'debug_request').reply();
  expect(heard).toEqual(['a reply {}']);
});

test('what is published beside any request is a stray', () => {
  const asked = new Asked('a');
  asked.reply();
  asked.idle();
  asked.publish('from a thread');
  expect(heard.at(-1)).toBe('stray from a thread');
});

test('a reply that does not come is made up when a later request has been answered', async () => {
  const [first, second] = [new Asked('a'), new Asked('b')];
  first.publish('{"execution_count": 12}', 'execute_input');
  first.idle();
  second.publish('out');
  await probed;
  // The idle has gone ahead, for the sake of what follows.
  expect(heard.slice(1)).toEqual(['a "idle"', 'b out']);
  heard.length = 0;
  answerProbe('publication');
  answerProbe('reply');
  expect(heard).toHaveLength(2);
  expect(heard[0]).toMatch(/^a reply .*"status":"error","ename":"NoReply".*"execution_count":12/);
  expect(heard[1]).toBe('a done');
  expect(requests.size).toBe(1);
});

test('an idle that does not come is made up when a later request publishes', async () => {
  const asked = new Asked('a');
  asked.publish('out');
  asked.reply();
  await probed;
  answerProbe('reply');
  expect(heard).toEqual(['a out']);
  answerProbe('publication');
  expect(heard).toEqual(['a out', 'a reply {}', 'a {"execution_state":"idle"}', 'a done']);
});

test('outputs that are slow to come are waited for, however late the reply', async () => {
  const asked = new Asked('a');
  asked.reply();
  await probed;
  asked.publish('100 MB');
  asked.idle();
  answerProbe('publication');
  answerProbe('reply');
  expect(heard).toEqual(['a 100 MB', 'a reply {}', 'a "idle"', 'a done']);
});

test('a reply that is only late is waited for', async () => {
  const asked = new Asked('a');
  asked.idle();
  await probed;
  asked.reply();
  answerProbe('publication');
  answerProbe('reply');
  expect(heard).toEqual(['a "idle"', 'a reply {}', 'a done']);
});

test('a death is told with the number of the cell, after what had been published', () => {
  const [first, second] = [new Asked('a'), new Asked('b')];
  first.publish('{"execution_count": 12}', 'execute_input');
  first.idle();
  second.publish('out');
  heard.length = 0;
  requests.failAll('It died.', () => {
    heard.push(`restarted with ${requests.size}`);
  });
  expect(heard).toEqual(['a "idle"', 'b out', 'restarted with 0', 'a It died. 12', 'b It died. 0']);
});

test('a reply that nobody waits for is left to others', () => {
  const message = raw(composer.compose('execute_reply', {}).frames);
  expect(requests.takeReply(headerOf(message), message)).toBe(false);
  expect(requests.takeReply(undefined, message)).toBe(false);
});
