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
let received: string[];
let sent: Map<string, Exchange>;
let policybookCells: Map<string, (outcome: 'ok' | 'error') => void>;
let queue: ExecutionQueue;

beforeEach(() => {
  received = [];
  sent = new Map();
  policybookCells = new Map();
  const send = (channel: string, frames: Buffer[]): void => {
    received.push(`${channel} ${describeFrames(frames)}`);
  };
  queue = new ExecutionQueue({
    workbench: { send: (_channel, { msg_id: id }, _frames, exchange) => void sent.set(id, exchange) },
    publisher: new Publisher(composer, send),
    send,
    runPolicybookCell: (entry, signal) =>
      new Promise((resolve) => {
        const end = (outcome: 'ok' | 'error'): void => {
          const answer = (): void => void received.push(`policybook ${entry.header.msg_id} ${outcome}`);
          resolve({ failed: outcome === 'error', answer });
        };
        policybookCells.set(entry.header.msg_id, end);
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

function submit(
  id: string,
  kind: 'policybook' | 'python',
  options: Partial<QueuedCell['content']> = {},
): void {
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
    isPolicybookCell: kind === 'policybook',
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

test('Python cells go to the workbench at once; a policybook cell waits for them and holds back the cells after it', () => {
  for (const [id, kind] of [
    ['p1', 'python'],
    ['p2', 'python'],
    ['o1', 'policybook'],
    ['p3', 'python'],
  ] as const) {
    submit(id, kind);
  }
  expect([...sent.keys()]).toEqual(['p1', 'p2']);
  answer('p1', 'ok');
  expect(policybookCells.size).toBe(0);
  answer('p2', 'ok');
  expect([...policybookCells.keys()]).toEqual(['o1']);
  expect(sent.has('p3')).toBe(false);
});

test('a Python cell that waits for a policybook cell is sent when that one ends', async () => {
  submit('o1', 'policybook');
  submit('p1', 'python');
  policybookCells.get('o1')?.('ok');
  await turn();
  expect([...sent.keys()]).toEqual(['p1']);
});

test('the workbench’s reply and publications are passed on to the client', () => {
  submit('p1', 'python');
  answer('p1', 'ok');
  expect(received).toEqual(['shell p1 execute_reply ok', 'iopub p1 status idle']);
});

test('the busy status of the cell that runs is published again on request, and only while one runs', async () => {
  queue.repeatBusyStatus();
  expect(received).toEqual([]);
  submit('p1', 'python');
  submit('p2', 'python');
  queue.repeatBusyStatus();
  expect(received).toEqual(['iopub p1 status busy']);
  answer('p1', 'ok');
  answer('p2', 'ok');
  submit('o1', 'policybook');
  received.length = 0;
  queue.repeatBusyStatus();
  expect(received).toEqual(['iopub o1 status busy']);
  policybookCells.get('o1')?.('ok');
  await turn();
  received.length = 0;
  queue.repeatBusyStatus();
  expect(received).toEqual([]);
});

test('after an error, each waiting cell is answered as aborted when its turn comes', async () => {
  submit('p1', 'python');
  submit('p2', 'python');
  submit('o1', 'policybook');
  answer('p1', 'error');
  expect(received.filter((line) => line.includes('o1'))).toEqual([]);
  answer('p2', 'ok');
  await turn();
  expect(received.slice(-3)).toEqual([
    'iopub o1 status busy',
    'shell o1 execute_reply aborted',
    'iopub o1 status idle',
  ]);
  submit('o2', 'policybook');
  expect(policybookCells.has('o2')).toBe(true);
});

test('a cell that a client sends after it has received an error of a Python cell is not aborted', async () => {
  submit('p1', 'python');
  answer('p1', 'error');
  expect(received).toEqual([]);
  submit('early', 'policybook');
  await turn();
  expect(received.slice(0, 2)).toEqual(['shell p1 execute_reply error', 'iopub p1 status idle']);
  expect(policybookCells.has('early')).toBe(false);
  submit('late', 'policybook');
  expect(policybookCells.has('late')).toBe(true);
});

test('a cell that a client sends after it has received an error of a policybook cell is not aborted', async () => {
  submit('o1', 'policybook');
  policybookCells.get('o1')?.('error');
  await Promise.resolve();
  await Promise.resolve();
  expect(received).toEqual([]);
  submit('early', 'python');
  await turn();
  expect(received).toEqual([
    'policybook o1 error',
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
    submit('o1', 'policybook');
    answer('p1', 'error');
    expect(policybookCells.has('o1')).toBe(true);
  },
);

test('an interrupt reaches a policybook cell only while it runs', async () => {
  submit('p1', 'python');
  expect(queue.interrupt()).toBe(false);
  answer('p1', 'ok');
  submit('o1', 'policybook');
  expect(queue.interrupt()).toBe(true);
  await turn();
  await turn(); // its answer was held for one
  expect(queue.interrupt()).toBe(false);
});

test('the workbench’s death is reported on the cell that ran; cells that only waited there are sent again', () => {
  submit('p1', 'python', { stop_on_error: false });
  submit('p2', 'python');
  const exchanges = [...sent.values()];
  sent.clear();
  for (const exchange of exchanges) exchange.onDeath('It died.', 7);
  queue.onWorkbenchDeath('It died.');
  expect(received).toEqual(['iopub p1 error', 'shell p1 execute_reply error', 'iopub p1 status idle']);
  expect([...sent.keys()]).toEqual(['p2']);
});

test('a death of the idle workbench is reported with the next cell, once', () => {
  queue.onWorkbenchDeath('It died.');
  submit('p1', 'python');
  submit('p2', 'python');
  expect(received).toEqual(['iopub p1 stream']);
});

test('a closed queue starts no cell', async () => {
  await queue.close();
  submit('p1', 'python');
  expect(sent.has(toMsgId('p1'))).toBe(false);
});

test('closing the queue aborts the policybook cell that runs and waits for its answer', async () => {
  submit('o1', 'policybook');
  await queue.close();
  expect(received).toEqual(['policybook o1 error']);
});
