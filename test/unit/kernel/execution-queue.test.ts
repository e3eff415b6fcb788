/** The queue alone: who is sent when, and what clients hear in which order. */
import { setImmediate as turn } from 'node:timers/promises';
import { ExecutionQueue } from '../../../kernel/src/execution/execution-queue';
import type { QueuedCell } from '../../../kernel/src/execution/queued-cell';
import { Publisher } from '../../../kernel/src/publisher';
import type { Exchange } from '../../../kernel/src/subkernels/exchange';
import {
  Composer,
  createSigner,
  toMsgId,
  createSessionId,
  readHeader,
  splitFrames,
  type RawMessage,
} from '../../../packages/wire/src';

const composer = new Composer(createSigner('key'), createSessionId(), 'test');
let heard: string[];
let sent: Map<string, Exchange>;
let ours: Map<string, (outcome: 'ok' | 'error') => void>;
let queue: ExecutionQueue;

beforeEach(() => {
  heard = [];
  sent = new Map();
  ours = new Map();
  const send = (channel: string, frames: Buffer[]): void => {
    heard.push(`${channel} ${describeFrames(frames)}`);
  };
  queue = new ExecutionQueue({
    workbench: { send: (_channel, { msg_id: id }, _frames, exchange) => void sent.set(id, exchange) },
    publisher: new Publisher(composer, send),
    send,
    runPolicybookCell: (entry, signal) =>
      new Promise((resolve) => {
        const end = (outcome: 'ok' | 'error'): void => {
          const answer = (): void => void heard.push(`ours ${entry.header.msg_id} ${outcome}`);
          resolve({ failed: outcome === 'error', answer });
        };
        ours.set(entry.header.msg_id, end);
        signal.addEventListener('abort', () => {
          end('error');
        });
      }),
  });
});

function describeFrames(frames: Buffer[]): string {
  const message = splitFrames(frames);
  const type = message && readHeader(message.header)?.msg_type;
  const parent = message && readHeader(message.parentHeader)?.msg_id;
  const state = /"(?:execution_state|status)":"(\w+)"/.exec(String(message?.content))?.[1];
  return `${parent ?? ''} ${type ?? ''}${state ? ` ${state}` : ''}`;
}

function raw(frames: Buffer[]): RawMessage {
  const message = splitFrames(frames);
  if (!message) throw new Error('not a message');
  return message;
}

function request(id: string): RawMessage {
  const message = raw(composer.compose('interrupt_request', {}).frames);
  return { ...message, header: Buffer.from(JSON.stringify({ msg_id: id, msg_type: 'execute_request' })) };
}

function submit(id: string, kind: 'ours' | 'python', options: Partial<QueuedCell['content']> = {}): void {
  const message = request(id);
  const header = readHeader(message.header);
  if (!header) throw new Error('no header');
  const content = {
    code: '',
    silent: false,
    store_history: true,
    user_expressions: {},
    allow_stdin: false,
    stop_on_error: true,
    ...options,
  };
  queue.submit({
    channel: 'shell',
    message,
    header,
    content,
    isPolicybookCell: kind === 'ours',
    isAborted: false,
  });
}

/** The workbench answers. */
function answer(id: string, status: 'ok' | 'error'): void {
  const exchange = sent.get(id);
  const parent = request(id);
  const reply = raw(composer.compose('execute_reply', { status }, { parent, metadata: { status } }).frames);
  const idle = raw(composer.compose('status', { execution_state: 'idle' }, { parent }).frames);
  const header = readHeader(idle.header);
  if (!exchange || !header) throw new Error(`${id} was not sent`);
  exchange.onReply(reply);
  exchange.onPublication(header, idle);
  exchange.onDone?.();
}

test('Python is sent ahead; ours waits for it and holds back what follows', () => {
  for (const [id, kind] of [
    ['p1', 'python'],
    ['p2', 'python'],
    ['o1', 'ours'],
    ['p3', 'python'],
  ] as const) {
    submit(id, kind);
  }
  expect([...sent.keys()]).toEqual(['p1', 'p2']);
  answer('p1', 'ok');
  expect(ours.size).toBe(0);
  answer('p2', 'ok');
  expect([...ours.keys()]).toEqual(['o1']);
  expect(sent.has('p3')).toBe(false);
});

test('what waits for ours goes on when it ends', async () => {
  submit('o1', 'ours');
  submit('p1', 'python');
  ours.get('o1')?.('ok');
  await turn();
  expect([...sent.keys()]).toEqual(['p1']);
});

test('the answers of the workbench are passed on', () => {
  submit('p1', 'python');
  answer('p1', 'ok');
  expect(heard).toEqual(['shell p1 execute_reply ok', 'iopub p1 status idle']);
});

test('what runs is said to be busy again when a request beside it has ended', async () => {
  queue.repeatBusyStatus();
  expect(heard).toEqual([]);
  submit('p1', 'python');
  submit('p2', 'python');
  queue.repeatBusyStatus();
  expect(heard).toEqual(['iopub p1 status busy']);
  answer('p1', 'ok');
  answer('p2', 'ok');
  submit('o1', 'ours');
  heard.length = 0;
  queue.repeatBusyStatus();
  expect(heard).toEqual(['iopub o1 status busy']);
  ours.get('o1')?.('ok');
  await turn();
  heard.length = 0;
  queue.repeatBusyStatus();
  expect(heard).toEqual([]);
});

test('an error answers what waits as aborted, in its turn', async () => {
  submit('p1', 'python');
  submit('p2', 'python');
  submit('o1', 'ours');
  answer('p1', 'error');
  expect(heard.filter((line) => line.includes('o1'))).toEqual([]);
  answer('p2', 'ok');
  await turn();
  expect(heard.slice(-3)).toEqual([
    'iopub o1 status busy',
    'shell o1 execute_reply aborted',
    'iopub o1 status idle',
  ]);
  submit('o2', 'ours');
  expect(ours.has('o2')).toBe(true);
});

test('what a client sends when it has heard of an error is not aborted', async () => {
  submit('p1', 'python');
  answer('p1', 'error');
  expect(heard).toEqual([]);
  submit('early', 'ours');
  await turn();
  expect(heard.slice(0, 2)).toEqual(['shell p1 execute_reply error', 'iopub p1 status idle']);
  expect(ours.has('early')).toBe(false);
  submit('late', 'ours');
  expect(ours.has('late')).toBe(true);
});

test('nor is it when the error was that of a cell of ours', async () => {
  submit('o1', 'ours');
  ours.get('o1')?.('error');
  await Promise.resolve();
  await Promise.resolve();
  expect(heard).toEqual([]);
  submit('early', 'python');
  await turn();
  expect(heard).toEqual([
    'ours o1 error',
    'iopub early status busy',
    'shell early execute_reply aborted',
    'iopub early status idle',
  ]);
  submit('late', 'python');
  expect([...sent.keys()]).toEqual(['late']);
});

test.each([{ stop_on_error: false }, { silent: true }])(
  'the queue goes on after an error of %j',
  (options) => {
    submit('p1', 'python', options);
    submit('o1', 'ours');
    answer('p1', 'error');
    expect(ours.has('o1')).toBe(true);
  },
);

test('interrupts reach ours only while it runs', async () => {
  submit('p1', 'python');
  expect(queue.interrupt()).toBe(false);
  answer('p1', 'ok');
  submit('o1', 'ours');
  expect(queue.interrupt()).toBe(true);
  await turn();
  await turn(); // its answer was held for one
  expect(queue.interrupt()).toBe(false);
});

test('a death is told on what ran; what had only been waiting there is sent again', () => {
  submit('p1', 'python', { stop_on_error: false });
  submit('p2', 'python');
  const exchanges = [...sent.values()];
  sent.clear();
  for (const exchange of exchanges) exchange.onDeath('It died.', 7);
  queue.onWorkbenchDeath('It died.');
  expect(heard).toEqual(['iopub p1 error', 'shell p1 execute_reply error', 'iopub p1 status idle']);
  expect([...sent.keys()]).toEqual(['p2']);
});

test('a death that nobody saw is told with the next cell, once', () => {
  queue.onWorkbenchDeath('It died.');
  submit('p1', 'python');
  submit('p2', 'python');
  expect(heard).toEqual(['iopub p1 stream']);
});

test('after the end nothing is begun', async () => {
  await queue.close();
  submit('p1', 'python');
  expect(sent.has(toMsgId('p1'))).toBe(false);
});

test('the end waits until the cell of ours that runs has been answered', async () => {
  submit('o1', 'ours');
  await queue.close();
  expect(heard).toEqual(['ours o1 error']);
});
