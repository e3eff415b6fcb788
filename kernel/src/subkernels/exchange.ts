/** A request that was sent to a subkernel, and what becomes of its answer. */
import type { MessageHeader, RawMessage } from '@policybook/wire';

/** Follows one request: its publications, its reply, and its end. */
export interface Exchange {
  /** An iopub message caused by the request; its idle status is the last. */
  onPublication(header: MessageHeader, message: RawMessage): void;
  /** The reply on the channel of the request; an execution's comes between its outputs and its idle. */
  onReply(message: RawMessage): void;
  /** Whether both the reply and the idle status have arrived. */
  onDone?(): void;
  /** The subkernel ended before it had answered. `reason` is a sentence; the count is 0 where no cell had begun. */
  onDeath(reason: string, executionCount: number): void;
}

/** Whether a publication is the last one of its request. */
export function isIdle(header: MessageHeader, message: RawMessage): boolean {
  // Compared as bytes: `{"execution_state": "idle"}`, whatever its spaces.
  return header.msg_type === 'status' && message.content.includes('"idle"');
}
