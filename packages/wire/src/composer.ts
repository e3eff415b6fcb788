/** The one maker of outgoing messages: replies and publications are composed from the message they answer. */
import type { RawMessage } from './frames';
import { joinFrames } from './frames';
import { PROTOCOL_VERSION, type MessageHeader } from './header';
import { createMsgId, type MsgId, type SessionId } from './ids';
import { writeShownJson, type JsonObject } from './json';
import type { ErrorContent, ErrorReply, OutgoingContent } from './messages';
import type { Signer } from './signer';

/** A message that is ready to be sent, and its id. */
export interface Composed {
  readonly id: MsgId;
  readonly frames: Buffer[];
}

/** What a message has besides type and content. */
export interface ComposeOptions {
  /** The message this one is caused by; its header bytes are carried as they came. */
  readonly parent?: Pick<RawMessage, 'header'>;
  /** Where a ROUTER sends it, or the topic of a publication. */
  readonly identities?: readonly Buffer[];
  readonly metadata?: JsonObject;
  readonly buffers?: readonly Buffer[];
}

const EMPTY = Buffer.from('{}');
const encodeJson = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

/** Messages whose text people are shown, or that end up in a notebook's file. */
const SHOWN_TYPES: ReadonlySet<string> = new Set([
  'complete_reply',
  'display_data',
  'error',
  'execute_reply',
  'inspect_reply',
  'stream',
  'update_display_data',
]);

/** Composes and signs the messages of one session. */
export class Composer {
  constructor(
    private readonly signer: Signer,
    readonly session: SessionId,
    private readonly username: string,
  ) {}

  /** Each call draws a fresh `msg_id`: two messages with one signature would look like a replay. */
  compose<T extends keyof OutgoingContent>(
    type: T,
    content: OutgoingContent[T],
    options: ComposeOptions = {},
  ): Composed {
    return this.build(type, content, options);
  }

  /** The error reply to a request of any type, including those that are only relayed. */
  composeFailure(requestType: string, error: ErrorContent, options: ComposeOptions = {}): Composed {
    const content: ErrorReply = { status: 'error', ...error };
    return this.build(requestType.replace(/_request$/, '_reply'), content, options);
  }

  private build(type: string, content: unknown, options: ComposeOptions): Composed {
    const id = createMsgId();
    const header: MessageHeader = {
      msg_id: id,
      session: this.session,
      username: this.username,
      date: new Date().toISOString(),
      msg_type: type,
      version: PROTOCOL_VERSION,
    };
    return {
      id,
      frames: this.signAgain({
        identities: options.identities ?? [],
        signature: EMPTY,
        header: encodeJson(header),
        parentHeader: options.parent?.header ?? EMPTY,
        metadata: options.metadata ? encodeJson(options.metadata) : EMPTY,
        content: SHOWN_TYPES.has(type) ? Buffer.from(writeShownJson(content)) : encodeJson(content),
        buffers: options.buffers ?? [],
      }),
    };
  }

  /** The frames of a message some of whose parts were exchanged, with a new signature. */
  signAgain(message: RawMessage): Buffer[] {
    return joinFrames({ ...message, signature: this.signer.sign(message) });
  }

  /** The same message as a child of another, which is how outputs of the kernel's own requests reach a user's cell. */
  reparent(message: RawMessage, parent: Pick<RawMessage, 'header'>): Buffer[] {
    return this.signAgain({ ...message, parentHeader: parent.header });
  }

  /** The same message with other metadata. */
  replaceMetadata(message: RawMessage, metadata: JsonObject): Buffer[] {
    return this.signAgain({ ...message, metadata: encodeJson(metadata) });
  }

  /** The same message with other content. */
  replaceContent(message: RawMessage, content: JsonObject): Buffer[] {
    return this.signAgain({ ...message, content: encodeJson(content) });
  }
}
