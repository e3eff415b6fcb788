/** An execute request in the execution queue. */
import type { ExecuteRequest, MessageHeader, RawMessage } from '@policybook/wire';
import type { RequestContext } from '../publisher';

/** A cell, the request that brought it, and its fate in the queue. */
export interface QueuedCell extends RequestContext {
  readonly channel: 'shell' | 'control';
  readonly header: MessageHeader;
  readonly content: ExecuteRequest;
  /** Whether policybook runs it, rather than the workbench. */
  readonly isPolicybookCell: boolean;
  /** Set where an earlier cell failed: it will be answered `aborted`, in its turn. */
  isAborted: boolean;
}

/** Whether a failure of this cell empties the queue behind it (`stop_on_error`). */
export const stopsOnError = ({ content }: QueuedCell): boolean => content.stop_on_error && !content.silent;

/** Whether an execute reply reports an error. */
export function isErrorReply(reply: RawMessage): boolean {
  // ipykernel repeats the status in the metadata, which stays small however large the reply is.
  return /"status":\s*"error"/.test(reply.metadata.toString('utf8'));
}
