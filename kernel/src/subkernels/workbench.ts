/**
 * The workbench: the ipykernel that runs the user's Python, started with the kernel and replaced when it
 * dies. Frames of clients pass through it untouched in both directions.
 */
import {
  joinFrames,
  splitFrames,
  type Channel,
  type ErrorContent,
  type MessageHeader,
  type OutgoingContent,
  type RawMessage,
} from '@policybook/wire';
import type { RequestContext, Publisher, Send } from '../publisher';
import { isIdle, type Exchange } from './exchange';
import { OutputMarkers } from './output-markers';
import { PendingReplies } from './pending-replies';
import { startSubkernel, type Subkernel, type SubkernelHost } from './subkernel';

type Destination = Exclude<Channel, 'hb' | 'iopub'>;

/** What the workbench needs to start and to speak to clients. */
export interface WorkbenchOptions {
  readonly host: SubkernelHost;
  /** The variables of a workbench that is started now. */
  readonly env: () => NodeJS.ProcessEnv;
  /** The name of the kernel's own file, because notebooks read their kernel's id from it (`get_connection_file()`). */
  readonly connectionFile: string;
  readonly send: Send;
  readonly publisher: Publisher;
  /** Called when clients have been sent an idle status that is not that of a cell in the execution queue. */
  readonly onIdle: () => void;
  readonly log: (text: string) => void;
}

/** What a background thread may publish at any time; ipykernel takes it for the output of its latest request. */
const BACKGROUND_TYPES = /^(?:stream|display_data|update_display_data|clear_output|comm_\w+)$/;

/** How a request of the kernel's own ended: its reply, or why there is none. */
export type WorkbenchAnswer =
  { readonly ok: true; readonly reply: RawMessage } | { readonly ok: false; readonly reason: string };

/** The error by which a cell or a request reports the workbench's death; `reason` is a sentence. */
export const makeWorkbenchDiedError = (reason: string): ErrorContent => ({
  ename: 'WorkbenchDied',
  evalue: reason,
  traceback: [`\u001b[31mWorkbenchDied\u001b[39m: ${reason}`],
});

/** The workbench's process, and the requests that it has not answered yet. */
export class Workbench {
  private subkernel: Subkernel | undefined;
  private generation = 0;
  private isStopping = false;
  private readonly pendingReplies: PendingReplies;
  private readonly markers = new OutputMarkers();
  private latestCell: RawMessage | undefined;
  /** How many expressions of policybook cells are being evaluated. */
  private runningExpressions = 0;
  private interruptDelivery: Promise<unknown> = Promise.resolve();
  private deathListener: (reason: string) => void = () => undefined;

  constructor(private readonly options: WorkbenchOptions) {
    this.pendingReplies = new PendingReplies({
      composer: options.host.composer,
      send: (channel, frames) => {
        this.start().sockets.send(channel, frames);
      },
      onOrphan: ({ header, parent, message }) => {
        if (parent?.session === options.host.composer.session) this.relayOrphan(header, message);
        // `starting` has no parent: clients hear it from us.
        else if (parent ?? header.msg_type !== 'status') this.publish(header, message);
      },
      onMarker: (message) => {
        this.markers.onMarker(message);
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
      env: { PYDEVD_DISABLE_FILE_VALIDATION: '1', ...env() },
      args: (file: string) => makeWorkbenchArguments(file, host.composer.session),
    };
    const subkernel = startSubkernel(host, plan, { onMessage: this.onMessage });
    let isWelcomed = false;
    void subkernel.sockets.welcomed.then(() => (isWelcomed = true));
    void subkernel.process.exited.then((how) => {
      this.onExit(subkernel, how, isWelcomed);
    });
    this.subkernel = subkernel;
    return subkernel;
  }

  /** Registers what is called at each death, after every request that died with it. */
  onDeath(listener: (reason: string) => void): void {
    this.deathListener = listener;
  }

  /** Passes on a request that `exchange` follows up. */
  send(
    channel: 'shell' | 'control',
    request: Pick<MessageHeader, 'msg_id' | 'msg_type' | 'session'>,
    frames: Buffer[],
    exchange: Exchange,
  ): void {
    this.pendingReplies.add(channel, request, frames, exchange);
    const isOfClient = request.session !== this.options.host.composer.session;
    if (isOfClient && request.msg_type === 'execute_request') this.latestCell = splitFrames(frames);
    this.start().sockets.send(channel, frames);
  }

  /** Passes on a client's message byte for byte, and its answers too, but for a reply that `answer` takes. */
  relay(request: RequestContext, header: MessageHeader, answer?: (reply: RawMessage) => void): void {
    const { channel, message } = request;
    const frames = joinFrames(message);
    if (channel === 'stdin' || !header.msg_type.endsWith('_request')) {
      this.start().sockets.send(channel, frames); // comm messages and input replies have no reply
      return;
    }
    const { send, publisher } = this.options;
    this.send(channel, header, frames, {
      onPublication: (published, publication) => {
        this.publish(published, publication);
      },
      onReply:
        answer ??
        ((reply) => {
          send(channel, joinFrames(reply));
        }),
      onDeath: (reason) => {
        publisher.replyFailure(request, header.msg_type, makeWorkbenchDiedError(reason));
        publisher.publishStatus('idle', message);
      },
    });
  }

  /** Sends a request of the kernel's own. What it publishes goes to `publication`, by default to {@link relayOrphan}. */
  request<T extends keyof OutgoingContent>(
    channel: 'shell' | 'control',
    type: T,
    content: OutgoingContent[T],
    publication = this.relayOrphan,
  ): Promise<WorkbenchAnswer> {
    const { composer } = this.options.host;
    const { id, frames } = composer.compose(type, content);
    const header = { msg_id: id, msg_type: type, session: composer.session };
    const expressions = type === 'execute_request' ? 1 : 0;
    this.runningExpressions += expressions;
    return new Promise<WorkbenchAnswer>((resolve) => {
      this.send(channel, header, frames, {
        onPublication: publication,
        onReply: (reply) => {
          resolve({ ok: true, reply });
        },
        onDeath: (reason) => {
          resolve({ ok: false, reason });
        },
      });
    }).finally(() => {
      this.runningExpressions -= expressions;
    });
  }

  /** Resolves when what Python published ahead of this marker has been sent to clients, after `ms` in any case. */
  awaitOutputs(marker: string, ms: number): Promise<void> {
    return this.markers.awaitMarker(marker, ms);
  }

  /** Whether anything that was sent is still unanswered. */
  isBusy(): boolean {
    return this.pendingReplies.size > 0;
  }

  /** Interrupts what runs; nothing happens where nothing does. */
  interrupt(): void {
    if (this.isBusy()) this.sendInterrupt();
  }

  /**
   * Interrupts what policybook cells have Python evaluate. Nothing else of theirs: an interrupt in the midst of a cell's
   * record would be a second error of the same cell, or the end of the record without an answer.
   */
  interruptExpressions(): void {
    if (this.runningExpressions > 0) this.sendInterrupt();
  }

  /** Resolves when no interrupt is on its way: it would hit what is sent next. */
  awaitInterrupt(): Promise<unknown> {
    return this.interruptDelivery;
  }

  private sendInterrupt(): void {
    this.interruptDelivery = this.request('control', 'interrupt_request', {});
  }

  /** Ends it within this time. */
  async stop(ms: number): Promise<void> {
    this.isStopping = true;
    await this.subkernel?.stopSubkernel(ms);
  }

  /** Kills it with all that it started, for exits that cannot wait. */
  kill(): void {
    this.isStopping = true;
    if (this.subkernel?.process.isAlive()) this.subkernel.process.kill();
  }

  private readonly onMessage = (
    channel: Destination | 'iopub',
    message: RawMessage,
    header: MessageHeader,
    parent: MessageHeader | undefined,
  ): void => {
    const { send, host } = this.options;
    if (channel === 'iopub') this.pendingReplies.takePublication({ header, parent, message });
    else if (channel === 'stdin') this.relayPrompt(message);
    else if (!this.pendingReplies.takeReply(parent, message) && parent?.session !== host.composer.session) {
      send(channel, joinFrames(message));
    }
  };

  /** A prompt comes over a socket of its own: outputs before it that have arrived are read by the next turn. */
  private relayPrompt(message: RawMessage): void {
    setImmediate(() => {
      this.options.send('stdin', joinFrames(message));
    });
  }

  private publish(header: MessageHeader, message: RawMessage): void {
    this.options.send('iopub', joinFrames(message));
    if (isIdle(header, message)) this.options.onIdle();
  }

  /** Output that a background thread published under a request of the kernel's own belongs to the user's latest cell. */
  private readonly relayOrphan = (header: MessageHeader, message: RawMessage): void => {
    if (!this.latestCell || !BACKGROUND_TYPES.test(header.msg_type)) return;
    this.options.send('iopub', this.options.host.composer.reparent(message, this.latestCell));
  };

  private onExit(subkernel: Subkernel, how: string, welcomed: boolean): void {
    if (this.subkernel !== subkernel) return;
    this.subkernel = undefined;
    if (this.isStopping) return;
    const words = subkernel.process.readStderrTail();
    const reason = welcomed
      ? `The workbench, the process that runs this notebook's Python, ${how}. Its variables are lost; a new one was started.`
      : `The workbench, the process that runs this notebook's Python, ${how} before it was ready.${words && `\n${words}`}`;
    this.options.log(reason);
    this.pendingReplies.failAll(reason, () => {
      // One that never came up would not come up now either: it is tried again when it is next needed.
      if (welcomed) this.start();
    });
    this.deathListener(reason);
  }
}

function makeWorkbenchArguments(connectionFile: string, session: string): readonly string[] {
  return [
    '-m',
    'policybook.notebook.workbench',
    '-f',
    connectionFile,
    `--Session.session=${session}`,
    '--IPKernelApp.extra_extensions=policybook.notebook.workbench',
  ];
}
