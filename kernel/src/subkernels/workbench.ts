/**
 * The workbench: the ipykernel that runs the user's Python, started with the kernel and started anew when it
 * dies. Frames of clients pass through it untouched in both directions.
 */
import {
  joinFrames,
  splitFrames,
  type Channel,
  type ErrorContent,
  type Header,
  type OutgoingContent,
  type RawMessage,
} from '@policybook/wire';
import type { Asked, Publisher, Send } from '../publisher';
import { isIdle, type Exchange } from './exchange';
import { Requests } from './requests';
import { startSubkernel, type Subkernel, type SubkernelHost } from './subkernel';

type Destination = Exclude<Channel, 'hb' | 'iopub'>;

export interface WorkbenchOptions {
  readonly host: SubkernelHost;
  readonly env: NodeJS.ProcessEnv;
  /** Kept as ours is called, because notebooks read their kernel's id from it (`get_connection_file()`). */
  readonly connectionFile: string;
  readonly send: Send;
  readonly publisher: Publisher;
  /** Called when clients have been told of an idle status that is not that of a cell in the lane. */
  readonly idled: () => void;
  readonly log: (text: string) => void;
}

/** What a background thread may publish at any time; ipykernel takes it for the output of its latest request. */
const BACKGROUND = /^(?:stream|display_data|update_display_data|clear_output|comm_\w+)$/;

/** What a request of our own came to: its reply, or why there is none. */
export type Answer =
  { readonly ok: true; readonly reply: RawMessage } | { readonly ok: false; readonly reason: string };

export const workbenchDied = (reason: string): ErrorContent => ({
  ename: 'WorkbenchDied',
  evalue: reason,
  traceback: [`\u001b[31mWorkbenchDied\u001b[39m: ${reason}`],
});

export class Workbench {
  private subkernel: Subkernel | undefined;
  private generation = 0;
  private stopping = false;
  private readonly requests: Requests;
  private latestCell: RawMessage | undefined;
  /** How many expressions of our cells are being evaluated. */
  private expressions = 0;
  private interrupting: Promise<unknown> = Promise.resolve();
  private died: (reason: string) => void = () => undefined;

  constructor(private readonly options: WorkbenchOptions) {
    this.requests = new Requests({
      composer: options.host.composer,
      send: (channel, frames) => {
        this.start().sockets.send(channel, frames);
      },
      stray: ({ header, parent, message }) => {
        if (parent?.session === options.host.composer.session) this.foster(header, message);
        // `starting` has no parent: clients hear it from us.
        else if (parent ?? header.msg_type !== 'status') this.publish(header, message);
      },
    });
  }

  /** Starts it where it is not running. What is sent meanwhile waits until it listens. */
  start(): Subkernel {
    if (this.subkernel) return this.subkernel;
    const { host, env, connectionFile } = this.options;
    this.generation += 1;
    // A name of its own for each start: sockets of the one before may still be closing.
    const plan = {
      name: `w${this.generation}`,
      connectionFile,
      // Else debugpy warns at each start that it cannot stop inside frozen modules of the standard library.
      env: { PYDEVD_DISABLE_FILE_VALIDATION: '1', ...env },
      args: (file: string) => workbenchArguments(file, host.composer.session),
    };
    const subkernel = startSubkernel(host, plan, { message: this.receive });
    let welcomed = false;
    void subkernel.sockets.welcomed.then(() => (welcomed = true));
    void subkernel.process.exited.then((how) => {
      this.ended(subkernel, how, welcomed);
    });
    this.subkernel = subkernel;
    return subkernel;
  }

  /** Hears of each death, after every request that died with it. */
  onDeath(listener: (reason: string) => void): void {
    this.died = listener;
  }

  /** Passes on a request that `exchange` follows up. */
  send(
    channel: 'shell' | 'control',
    request: Pick<Header, 'msg_id' | 'msg_type' | 'session'>,
    frames: Buffer[],
    exchange: Exchange,
  ): void {
    this.requests.add(channel, request, frames, exchange);
    const ofClient = request.session !== this.options.host.composer.session;
    if (ofClient && request.msg_type === 'execute_request') this.latestCell = splitFrames(frames);
    this.start().sockets.send(channel, frames);
  }

  /** Passes on a client's message byte for byte; its answers go back likewise, but for a reply that `answer` takes. */
  relay(asked: Asked, header: Header, answer?: (reply: RawMessage) => void): void {
    const { channel, message } = asked;
    const frames = joinFrames(message);
    if (channel === 'stdin' || !header.msg_type.endsWith('_request')) {
      this.start().sockets.send(channel, frames); // comm messages and input replies have no reply
      return;
    }
    const { send, publisher } = this.options;
    this.send(channel, header, frames, {
      publication: (published, publication) => {
        this.publish(published, publication);
      },
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

  /** A request of our own. What it publishes goes to `publication`, which without one is left to {@link foster}. */
  request<T extends keyof OutgoingContent>(
    channel: 'shell' | 'control',
    type: T,
    content: OutgoingContent[T],
    publication = this.foster,
  ): Promise<Answer> {
    const { composer } = this.options.host;
    const { id, frames } = composer.compose(type, content);
    const header = { msg_id: id, msg_type: type, session: composer.session };
    const expressions = type === 'execute_request' ? 1 : 0;
    this.expressions += expressions;
    return new Promise<Answer>((resolve) => {
      this.send(channel, header, frames, {
        publication,
        reply: (reply) => {
          resolve({ ok: true, reply });
        },
        died: (reason) => {
          resolve({ ok: false, reason });
        },
      });
    }).finally(() => {
      this.expressions -= expressions;
    });
  }

  /** Whether anything that was sent is still unanswered. */
  busy(): boolean {
    return this.requests.size > 0;
  }

  /** Interrupts what runs; nothing happens where nothing does. */
  interrupt(): void {
    if (this.busy()) this.sendInterrupt();
  }

  /**
   * Interrupts what our cells have Python evaluate. Nothing else of theirs: an interrupt in the midst of a cell's
   * record would be a second error of the same cell, or the end of the record without an answer.
   */
  interruptExpressions(): void {
    if (this.expressions > 0) this.sendInterrupt();
  }

  /** Resolves when no interrupt is on its way: it would hit what is sent next. */
  undisturbed(): Promise<unknown> {
    return this.interrupting;
  }

  private sendInterrupt(): void {
    this.interrupting = this.request('control', 'interrupt_request', {});
  }

  /** Ends it within this time. */
  async stop(ms: number): Promise<void> {
    this.stopping = true;
    await this.subkernel?.stop(ms);
  }

  /** Kills it with all that it started, for exits that cannot wait. */
  kill(): void {
    this.stopping = true;
    if (this.subkernel?.process.alive()) this.subkernel.process.kill();
  }

  private readonly receive = (
    channel: Destination | 'iopub',
    message: RawMessage,
    header: Header,
    parent: Header | undefined,
  ): void => {
    const { send, host } = this.options;
    if (channel === 'iopub') this.requests.published({ header, parent, message });
    else if (channel === 'stdin') this.prompt(message);
    else if (!this.requests.replied(parent, message) && parent?.session !== host.composer.session) {
      send(channel, joinFrames(message));
    }
  };

  /** A prompt comes over a socket of its own: outputs before it that have arrived are read by the next turn. */
  private prompt(message: RawMessage): void {
    setImmediate(() => {
      this.options.send('stdin', joinFrames(message));
    });
  }

  private publish(header: Header, message: RawMessage): void {
    this.options.send('iopub', joinFrames(message));
    if (isIdle(header, message)) this.options.idled();
  }

  /** Output that appeared under a request of ours, unasked, belongs to the user's latest cell. */
  private readonly foster = (header: Header, message: RawMessage): void => {
    if (!this.latestCell || !BACKGROUND.test(header.msg_type)) return;
    this.options.send('iopub', this.options.host.composer.reparent(message, this.latestCell));
  };

  private ended(subkernel: Subkernel, how: string, welcomed: boolean): void {
    if (this.subkernel !== subkernel) return;
    this.subkernel = undefined;
    if (this.stopping) return;
    const words = subkernel.process.lastWords();
    const reason = welcomed
      ? `The workbench, the process that runs this notebook's Python, ${how}. Its variables are lost; a new one was started.`
      : `The workbench, the process that runs this notebook's Python, ${how} before it was ready.${words && `\n${words}`}`;
    this.options.log(reason);
    this.requests.died(reason, () => {
      // One that never came up would not come up now either: it is tried again when it is next needed.
      if (welcomed) this.start();
    });
    this.died(reason);
  }
}

function workbenchArguments(connectionFile: string, session: string): readonly string[] {
  return [
    '-m',
    'policybook.notebook.workbench',
    '-f',
    connectionFile,
    `--Session.session=${session}`,
    '--IPKernelApp.extra_extensions=policybook.notebook.workbench',
  ];
}
