/** What a handler decides about a request. */
import type { Header, JsonObject, OutgoingContent, RawMessage, Request } from '@policybook/wire';
import type { Asked, Publisher } from '../publisher';

/** A request as handlers get it. */
export interface Incoming extends Asked {
  readonly channel: 'shell' | 'control';
  readonly message: RawMessage;
  readonly header: Header;
}

export type RequestOf<T extends Request['type']> = T extends unknown
  ? Extract<Request, { readonly type: T }>
  : never;

export type Answer =
  /** The dispatcher sends it, between busy and idle. */
  | { readonly kind: 'reply'; readonly send: (publisher: Publisher, asked: Asked) => void }
  /** Goes to the workbench, which brackets it itself. */
  | { readonly kind: 'relay' }
  /** The handler, or the lane, sees to busy, reply and idle. */
  | { readonly kind: 'taken' };

export const RELAY: Answer = { kind: 'relay' };
export const TAKEN: Answer = { kind: 'taken' };

export function reply<T extends keyof OutgoingContent>(
  type: T,
  content: OutgoingContent[T],
  metadata: JsonObject = {},
): Answer {
  return {
    kind: 'reply',
    send: (publisher, asked) => {
      publisher.reply(asked, type, content, metadata);
    },
  };
}
