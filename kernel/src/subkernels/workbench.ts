/**
 * The workbench: the ipykernel that runs the user's Python, started with the kernel and started anew when it
 * dies. Frames of clients pass through it untouched in both directions.
 */
import {
  joinFrames,
  type Channel,
  type ErrorContent,
  type Header,
  type MsgId,
  type OutgoingContent,
  type RawMessage,
} from '@policybook/wire';
import type { Asked, Publisher, Send } from '../publisher';
import { isIdle, type Exchange } from './exchange';
import { startSubkernel, type Subkernel, type SubkernelHost } from './subkernel';

type Destination = Exclude<Channel, 'hb' | 'iopub'>;

export interface WorkbenchOptions {
  readonly host: SubkernelHost;
  readonly env: NodeJS.ProcessEnv;
  /** Kept as ours is called, because notebooks read their kernel's id from it (`get_connection_file()`). */
  readonly connectionFile: string;
  readonly send: Send;
  readonly publisher: Publisher;
  readonly log: (text: string) => void;
}

interface Pending {
  readonly exchange: Exchange;
  replied: boolean;
  idled: boolean;
}

/** What a request of our own came to: its reply, or why there is none. */
export type Answer =
  { readonly ok: true; readonly reply: RawMessage } | { readonly ok: false; readonly reason: string };

export const workbenchDied = (reason: string): ErrorContent => ({
  ename: 'WorkbenchDied',
  evalue: reason,
  traceback: [`\u001b[31mWorkbenchDied\u001b[39m: ${reason}`],
});

export class Workbench {
  #subkernel: Subkernel | undefined;
  #generation = 0;
  #stopping = false;
  readonly #pending = new Map<MsgId, Pending>();
  #died: (reason: string) => void = () => undefined;

  constructor(private readonly options: WorkbenchOptions) {}

  /** Starts it where it is not running. What is sent meanwhile waits until it listens. */
  start(): Subkernel {
    if (this.#subkernel) return this.#subkernel;
    const { host, env, connectionFile } = this.options;
    this.#generation += 1;
    // A name of its own for each start: sockets of the one before may still be closing.
    const plan = {
      name: `w${this.#generation}`,
      connectionFile,
      // Else debugpy warns at each start that it cannot stop inside frozen modules of the standard library.
      env: { PYDEVD_DISABLE_FILE_VALIDATION: '1', ...env },
      args: (file: string) => workbenchArguments(file, host.composer.session),
    };
    const subkernel = startSubkernel(host, plan, { message: this.#receive });
    let welcomed = false;
    void subkernel.sockets.welcomed.then(() => (welcomed = true));
    void subkernel.process.exited.then((how) => {
      this.#ended(subkernel, how, welcomed);
    });
    this.#subkernel = subkernel;
    return subkernel;
  }

  /** Hears of each death, after every request that died with it. */
  onDeath(listener: (reason: string) => void): void {
    this.#died = listener;
  }

  /** Passes on a client's message that `exchange` follows up. */
  send(channel: Destination, id: MsgId, frames: Buffer[], exchange: Exchange): void {
    this.#pending.set(id, { exchange, replied: false, idled: false });
    this.start().sockets.send(channel, frames);
  }

  /** Passes on a client's message byte for byte; its answers go back likewise, but for a reply that `answer` takes. */
  relay(asked: Asked, header: Header, answer?: (reply: RawMessage) => void): void {
    const { channel, message } = asked;
    const frames = joinFrames(message);
    if (!header.msg_type.endsWith('_request')) {
      this.start().sockets.send(channel, frames); // comm messages and input replies have no reply
      return;
    }
    const { send, publisher } = this.options;
    this.send(channel, header.msg_id, frames, {
      reply:
        answer ??
        ((reply) => {
          send(channel, joinFrames(reply));
        }),
      died: (reason) => {
        publisher.fail(asked, header.msg_type, workbenchDied(reason));
        publisher.status('idle', message);
      },
    });
  }

  /** A request of our own. What it publishes goes to `publication`, or nowhere. */
  request<T extends keyof OutgoingContent>(
    channel: Destination,
    type: T,
    content: OutgoingContent[T],
    publication: (header: Header, message: RawMessage) => void = () => undefined,
  ): Promise<Answer> {
    const { id, frames } = this.options.host.composer.compose(type, content);
    return new Promise((resolve) => {
      this.send(channel, id, frames, {
        publication,
        reply: (reply) => {
          resolve({ ok: true, reply });
        },
        died: (reason) => {
          resolve({ ok: false, reason });
        },
      });
    });
  }

  /** Whether anything that was sent is still unanswered. */
  busy(): boolean {
    return this.#pending.size > 0;
  }

  /** Interrupts what runs; nothing happens where nothing does. */
  interrupt(): void {
    if (this.busy()) void this.request('control', 'interrupt_request', {});
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#subkernel?.stop();
  }

  /** Kills it with all that it started, for exits that cannot wait. */
  kill(): void {
    this.#stopping = true;
    if (this.#subkernel?.process.alive()) this.#subkernel.process.kill();
  }

  readonly #receive = (
    channel: Destination | 'iopub',
    message: RawMessage,
    header: Header,
    parent: Header | undefined,
  ): void => {
    const pending = parent && this.#pending.get(parent.msg_id);
    if (channel === 'iopub') {
      if (pending?.exchange.publication) pending.exchange.publication(header, message);
      // `starting` has no parent: clients hear it from us.
      else if (parent ?? header.msg_type !== 'status') this.options.send('iopub', joinFrames(message));
      if (pending && isIdle(header, message)) pending.idled = true;
    } else if (pending && channel !== 'stdin') {
      pending.replied = true;
      pending.exchange.reply(message);
    } else {
      this.options.send(channel, joinFrames(message));
    }
    if (parent && pending?.replied && pending.idled) this.#pending.delete(parent.msg_id);
  };

  #ended(subkernel: Subkernel, how: string, welcomed: boolean): void {
    if (this.#subkernel !== subkernel) return;
    this.#subkernel = undefined;
    if (this.#stopping) return;
    const words = subkernel.process.lastWords();
    const reason = welcomed
      ? `The workbench, the process that runs this notebook's Python, ${how}. Its variables are lost; a new one was started.`
      : `The workbench, the process that runs this notebook's Python, ${how} before it was ready.${words && `\n${words}`}`;
    this.options.log(reason);
    const orphans = [...this.#pending.values()];
    this.#pending.clear();
    // One that never came up would not come up now either: it is tried again when it is next needed.
    if (welcomed) this.start();
    for (const { exchange } of orphans) exchange.died(reason);
    this.#died(reason);
  }
}

function workbenchArguments(connectionFile: string, session: string): readonly string[] {
  return [
    '-m',
    'policybook.workbench',
    '-f',
    connectionFile,
    `--Session.session=${session}`,
    '--IPKernelApp.extra_extensions=policybook.workbench',
  ];
}
