/** `inspect_request`: policybook cells are inspected here, even while one runs; Python by the workbench. */
import { readPastedCell } from '@policybook/language/pasted-cell';
import { isPolicybookCell } from '../policybook-cell';
import type { Kernel } from '../kernel';
import { RELAY, reply, type HandlerDecision, type RequestOf } from './decision';

/** Inspects a policybook cell; relays Python, and what the cells leave open. */
export function handleInspect(
  request: RequestOf<'inspect_request'>,
  kernel: Kernel,
): HandlerDecision | Promise<HandlerDecision> {
  const pasted = readPastedCell(request.code);
  const { code } = pasted;
  return isPolicybookCell(code)
    ? inspectPolicybookCell({ ...request, code, cursor: pasted.toTyped(request.cursor) }, kernel)
    : RELAY;
}

async function inspectPolicybookCell(
  { code, cursor, detail }: RequestOf<'inspect_request'>,
  kernel: Kernel,
): Promise<HandlerDecision> {
  const inspection = await kernel.cells().inspect(code, cursor, detail);
  return inspection ? reply('inspect_reply', inspection) : RELAY;
}
