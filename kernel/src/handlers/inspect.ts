/** `inspect_request`: likewise. */
import { isPolicybookCell } from '../policybook-cell';
import type { Kernel } from '../kernel';
import { RELAY, reply, type HandlerDecision, type RequestOf } from './decision';

export function handleInspect(
  request: RequestOf<'inspect_request'>,
  kernel: Kernel,
): HandlerDecision | Promise<HandlerDecision> {
  return isPolicybookCell(request.code) ? inspectPolicybookCell(request, kernel) : RELAY;
}

async function inspectPolicybookCell(
  { code, cursor, detail }: RequestOf<'inspect_request'>,
  kernel: Kernel,
): Promise<HandlerDecision> {
  const inspection = await kernel.cells().inspect(code, cursor, detail);
  return inspection ? reply('inspect_reply', inspection) : RELAY;
}
