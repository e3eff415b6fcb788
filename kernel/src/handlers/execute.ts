/** `execute_request`: takes its place in the execution queue, whether policybook or the workbench is to run it. */
import { readPastedCell } from '@policybook/language/pasted-cell';
import { isPolicybookCell } from '../policybook-cell';
import type { Kernel } from '../kernel';
import { RELAY, TAKEN, type HandlerDecision, type IncomingRequest, type RequestOf } from './decision';

/** Queues the cell, except in a subshell. */
export function handleExecute(
  { content }: RequestOf<'execute_request'>,
  incoming: IncomingRequest,
  { executionQueue, identity }: Kernel,
): HandlerDecision {
  // A subshell is a thread of the workbench's, outside the queue (JEP 91); policybook's magics say there that they need
  // a cell of their own.
  if (incoming.header.subshell_id !== undefined) return RELAY;
  identity.noteCell(content);
  const { code } = readPastedCell(content.code);
  const isRecognised = isPolicybookCell(code);
  executionQueue.submit({
    ...incoming,
    // IPython takes indent and prompts off its own cells.
    content: isRecognised ? { ...content, code } : content,
    isPolicybookCell: isRecognised,
    isAborted: false,
  });
  return TAKEN;
}
