/** `execute_request`: takes its place in the lane, whoever is to run it. */
import { isPolicybookCell } from '../policybook-cell';
import type { Kernel } from '../kernel';
import { RELAY, TAKEN, type HandlerDecision, type IncomingRequest, type RequestOf } from './decision';

export function handleExecute(
  { content }: RequestOf<'execute_request'>,
  incoming: IncomingRequest,
  { executionQueue }: Kernel,
): HandlerDecision {
  // A subshell is a thread of the workbench's, beside the lane (JEP 91); our magics say there that they need a
  // cell of their own.
  if (incoming.header.subshell_id !== undefined) return RELAY;
  executionQueue.submit({
    ...incoming,
    content,
    isPolicybookCell: isPolicybookCell(content.code),
    isAborted: false,
  });
  return TAKEN;
}
