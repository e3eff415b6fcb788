/** What a handler decides about a request. */
import type { MessageHeader, JsonObject, OutgoingContent, RawMessage, Request } from '@policybook/wire';
import type { RequestContext, Publisher } from '../publisher';

/** A request as a handler gets it. */
export interface IncomingRequest extends RequestContext {
  readonly channel: 'shell' | 'control';
  readonly message: RawMessage;
  readonly header: MessageHeader;
}

/** The request of one type. */
export type RequestOf<T extends Request['type']> = T extends unknown
  ? Extract<Request, { readonly type: T }>
  : never;

/** What becomes of a request. */
export type HandlerDecision =
  /** The dispatcher sends it, between busy and idle. */
  | { readonly kind: 'reply'; readonly send: (publisher: Publisher, request: RequestContext) => void }
  /** Goes to the workbench, which brackets it itself. */
  | { readonly kind: 'relay' }
  /** The handler, or the execution queue, sends busy, reply and idle. */
  | { readonly kind: 'taken' };

/** The workbench is to answer. */
export const RELAY: HandlerDecision = { kind: 'relay' };
/** The handler answers by itself, at its own time. */
export const TAKEN: HandlerDecision = { kind: 'taken' };

/** Decides to answer with this reply. */
export function reply<T extends keyof OutgoingContent>(
  type: T,
  content: OutgoingContent[T],
  metadata: JsonObject = {},
): HandlerDecision {
  return {
    kind: 'reply',
    send: (publisher, request) => {
      publisher.reply(request, type, content, metadata);
    },
  };
}
