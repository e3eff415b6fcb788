/** What the kernel itself says to clients: every message is composed from the request that it belongs to. */
import type {
  Composer,
  ErrorContent,
  DisplayData,
  JsonObject,
  OutgoingContent,
  RawMessage,
  RequestChannel,
} from '@policybook/wire';

/** A request and the channel that its reply goes to. */
export interface RequestContext {
  readonly channel: RequestChannel;
  readonly message: RawMessage;
}

/** Queues a message for clients on one channel. */
export type Send = (channel: RequestChannel | 'iopub', frames: Buffer[]) => void;

/** Composes publications and replies, and sends them. */
export class Publisher {
  constructor(
    private readonly composer: Composer,
    private readonly send: Send,
  ) {}

  /** Publishes the kernel's status. It comes without a request only at start, when there is none to name. */
  publishStatus(state: 'starting' | 'busy' | 'idle', request?: RawMessage): void {
    this.publish('status', { execution_state: state }, request);
  }

  publishStream(name: 'stdout' | 'stderr', text: string, request: RawMessage): void {
    this.publish('stream', { name, text }, request);
  }

  publishError({ ename, evalue, traceback }: ErrorContent, request: RawMessage): void {
    this.publish('error', { ename, evalue, traceback }, request);
  }

  publishDisplay(
    kind: 'display_data' | 'update_display_data',
    id: string,
    data: DisplayData,
    metadata: JsonObject,
    request: RawMessage,
  ): void {
    this.publish(kind, { data, metadata, transient: { display_id: id } }, request);
  }

  publish<T extends keyof OutgoingContent>(type: T, content: OutgoingContent[T], request?: RawMessage): void {
    const parent = request ? { parent: request } : {};
    const identities = [Buffer.from(this.formatTopic(type, content))];
    this.send('iopub', this.composer.compose(type, content, { ...parent, identities }).frames);
  }

  /** What subscribers may choose by; the names are ipykernel's. */
  private formatTopic(type: string, content: object): string {
    if (type === 'stream' && 'name' in content) return `stream.${String(content.name)}`;
    return `kernel.${this.composer.session}.${type}`;
  }

  /** Replies to the client that sent the request, on the channel on which it came. */
  reply<T extends keyof OutgoingContent>(
    { channel, message }: RequestContext,
    type: T,
    content: OutgoingContent[T],
    metadata: JsonObject = {},
  ): void {
    const { identities } = message;
    const { frames } = this.composer.compose(type, content, { parent: message, identities, metadata });
    this.send(channel, frames);
  }

  /** Replies that a request, of whatever type, could not be answered. */
  replyFailure({ channel, message }: RequestContext, requestType: string, error: ErrorContent): void {
    const { identities } = message;
    this.send(
      channel,
      this.composer.composeFailure(requestType, error, { parent: message, identities }).frames,
    );
  }
}
