/** What a handler decides about a request. */
import type { Header, JsonObject, OutgoingContent, RawMessage, Request } from '@policybook/wire';
import type { RequestContext, Publisher } from '../publisher';

/** A request as handlers get it. */
export interface IncomingRequest extends RequestContext {
  readonly channel: 'shell' | 'control';
  readonly message: RawMessage;
  readonly header: Header;
}

export type RequestOf<T extends Request['type']> = T extends unknown
  ? Extract<Request, { readonly type: T }>
  : never;

export type HandlerDecision =
  /** The dispatcher sends it, between busy and idle. */
  | { readonly kind: 'reply'; readonly send: (publisher: Publisher, asked: RequestContext) => void }
  /** Goes to the workbench, which brackets it itself. */
  | { readonly kind: 'relay' }
  /** The handler, or the lane, sees to busy, reply and idle. */
  | { readonly kind: 'taken' };

export const RELAY: HandlerDecision = { kind: 'relay' };
export const TAKEN: HandlerDecision = { kind: 'taken' };

export function reply<T extends keyof OutgoingContent>(
  type: T,
  content: OutgoingContent[T],
  metadata: JsonObject = {},
): HandlerDecision {
  return {
    kind: 'reply',
    send: (publisher, asked) => {
      publisher.reply(asked, type, content, metadata);
    },
  };
}
