/** `execute_request`: takes its place in the lane, whoever is to run it. */
import { claims } from '../claims';
import type { Kernel } from '../kernel';
import { RELAY, TAKEN, type Answer, type Incoming, type RequestOf } from './answer';

export function execute(
  { content }: RequestOf<'execute_request'>,
  incoming: Incoming,
  { lane }: Kernel,
): Answer {
  // A subshell is a thread of the workbench's, beside the lane (JEP 91); our magics say there that they need a
  // cell of their own.
  if (incoming.header.subshell_id !== undefined) return RELAY;
  lane.submit({ ...incoming, content, ours: claims(content.code), aborted: false });
  return TAKEN;
}
