/**
 * What was sent to the workbench and is not answered in full, and the order in which its answers go on.
 *
 * Replies and publications come over sockets of their own. Here they become one sequence again: outputs, reply, idle,
 * and only then what the next request publishes; else clients would see the workbench idle while it runs the next cell.
 */
import type { Composer, MessageHeader, RawMessage, MsgId } from '@policybook/wire';
import { isIdle, type Exchange } from './exchange';
import { OUTPUT_MARKER } from './output-markers';
import { readExecutionCount, makeIdle, makeReply } from './missing-answer';

type Channel = 'shell' | 'control';

interface PendingReply {
  readonly exchange: Exchange;
  readonly channel: Channel;
  readonly request: Pick<MessageHeader, 'msg_id' | 'msg_type'>;
  readonly frames: readonly Buffer[];
  /** The publication that carries the cell's number. */
  input?: RawMessage;
  /** The reply, which is held back until the outputs have passed. */
  reply?: RawMessage;
  isReplied: boolean;
  isIdle: boolean;
  /** A request of this class's own: it has ended when there is a reply to it and any publication. */
  readonly isProbe?: true;
  /** Runs while one of the two is there and the other is not. */
  overdue?: NodeJS.Timeout;
}

interface Publication {
  readonly header: MessageHeader;
  readonly parent: MessageHeader | undefined;
  readonly message: RawMessage;
}

/** Reply and idle are at most some milliseconds apart. */
const HALF_ANSWERED_MS = 100;

/** How pending replies reach the workbench, and where publications without a request go. */
export interface PendingRepliesOptions {
  readonly composer: Composer;
  /** Hands frames to the workbench. */
  readonly send: (channel: Channel, frames: Buffer[]) => void;
  /** Publications that belong to nothing that is under way. */
  readonly onOrphan: (publication: Publication) => void;
  /** Markers come here in their turn, and nowhere else. */
  readonly onMarker: (message: RawMessage) => void;
}

/** Makes one sequence again of replies and publications, and synthesises those that do not come. */
export class PendingReplies {
  private readonly pending = new Map<MsgId, PendingReply>();
  /** An idle status that waits for its reply, and what was published after it. */
  private readonly held: Publication[] = [];

  constructor(private readonly options: PendingRepliesOptions) {}

  get size(): number {
    return this.pending.size;
  }

  add(
    channel: Channel,
    request: PendingReply['request'],
    frames: readonly Buffer[],
    exchange: Exchange,
  ): void {
    this.pending.set(request.msg_id, { exchange, channel, request, frames, isReplied: false, isIdle: false });
  }

  /** Takes a reply; false where no request waits for it. */
  takeReply(parent: MessageHeader | undefined, message: RawMessage): boolean {
    const pending = parent && this.pending.get(parent.msg_id);
    if (!pending) return false;
    this.acceptReply(pending, message);
    return true;
  }

  /** Takes a publication. */
  takePublication(publication: Publication): void {
    if (this.held.length > 0) this.held.push(publication);
    else if (!this.tryPass(publication)) this.held.push(publication);
  }

  /** Fails every request, for a workbench that has died, when `restart` has been called. */
  failAll(reason: string, restart: () => void): void {
    for (const publication of this.held.splice(0)) this.handPublication(publication);
    const orphans = [...this.pending.values()];
    this.pending.clear();
    restart();
    for (const { overdue: onOverdue, exchange, input } of orphans) {
      clearTimeout(onOverdue);
      exchange.onDeath(reason, readExecutionCount(input));
    }
  }

  private acceptReply(pending: PendingReply, message: RawMessage): void {
    pending.reply = message;
    const { msg_id: id, msg_type: type } = pending.request;
    const isAwaited = this.held[0]?.parent?.msg_id === id;
    if (isAwaited || pending.isIdle || type !== 'execute_request') this.handReply(pending);
    else this.waitForOther(pending);
    if (isAwaited) this.release();
  }

  /** Passes a message on; returns false where it must wait, as an idle status does whose reply has not arrived. */
  private tryPass(publication: Publication): boolean {
    const { header, parent, message } = publication;
    const pending = parent && this.pending.get(parent.msg_id);
    if (pending && !pending.isProbe && isIdle(header, message)) {
      if (pending.reply && !pending.isReplied) this.handReply(pending);
      if (!pending.isReplied) {
        this.waitForOther(pending);
        return false;
      }
    }
    this.handPublication(publication);
    return true;
  }

  private handPublication(publication: Publication): void {
    const { header, parent, message } = publication;
    if (header.msg_type === OUTPUT_MARKER) {
      this.options.onMarker(message);
      return;
    }
    const pending = parent && this.pending.get(parent.msg_id);
    if (!pending) {
      this.options.onOrphan(publication);
      return;
    }
    if (header.msg_type === 'execute_input') pending.input = message;
    pending.exchange.onPublication(header, message);
    if (pending.isProbe || isIdle(header, message)) {
      pending.isIdle = true;
      this.progress(pending);
    }
  }

  private handReply(pending: PendingReply): void {
    if (!pending.reply) return;
    pending.isReplied = true;
    pending.exchange.onReply(pending.reply);
    this.progress(pending);
  }

  private progress(pending: PendingReply): void {
    if (!pending.isReplied || !pending.isIdle) {
      this.waitForOther(pending);
      return;
    }
    clearTimeout(pending.overdue);
    this.pending.delete(pending.request.msg_id);
    pending.exchange.onDone?.();
  }

  /** Lets go what was held, up to the next idle status that has to wait. */
  private release(): void {
    for (let next = this.held[0]; next && this.tryPass(next); next = this.held[0]) this.held.shift();
  }

  private waitForOther(pending: PendingReply): void {
    if (pending.isProbe) return;
    pending.overdue ??= setTimeout(() => {
      this.overdue(pending);
    }, HALF_ANSWERED_MS).unref();
  }

  private overdue(pending: PendingReply): void {
    this.probe(pending);
    const [idle] = this.held;
    if (idle?.parent?.msg_id !== pending.request.msg_id) return;
    // The idle goes ahead: outputs of the next cell must not wait for a reply that may never come.
    this.held.shift();
    this.handPublication(idle);
    this.release();
  }

  /**
   * Replies come in order, and so do publications: once a later request is answered, or publishes, what is missing of
   * an earlier one will not come.
   */
  private probe(half: PendingReply): void {
    const { composer, send } = this.options;
    const { id, frames } = composer.compose('kernel_info_request', {});
    const complete = (missing: 'reply' | 'idle'): void => {
      if (this.pending.get(half.request.msg_id) === half) this.complete(half, missing);
    };
    const exchange: Exchange = {
      onPublication: () => {
        complete('idle');
      },
      onReply: () => {
        complete('reply');
      },
      onDeath: () => undefined,
    };
    const request = { msg_id: id, msg_type: 'kernel_info_request' };
    const { channel } = half;
    this.pending.set(id, {
      exchange,
      channel,
      request,
      frames,
      isReplied: false,
      isIdle: false,
      isProbe: true,
    });
    send(channel, frames);
  }

  /** Synthesises what is missing, if it still is. */
  private complete(half: PendingReply, missing: 'reply' | 'idle'): void {
    const { composer } = this.options;
    const { frames, request, input } = half;
    if (missing === 'reply' && !half.reply) {
      const reply = makeReply(composer, request.msg_type, frames, readExecutionCount(input));
      if (reply) this.acceptReply(half, reply);
    } else if (missing === 'idle' && !half.isIdle) {
      const idle = makeIdle(composer, frames);
      if (idle) this.tryPass(idle);
    }
  }
}
