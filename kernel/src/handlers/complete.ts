/** `complete_request`: policybook cells are completed here, even while one runs; Python by the workbench. */
import { readPastedCell, type PastedCell } from '@policybook/language/pasted-cell';
import { utf16ToCodePoints } from '@policybook/wire';
import { isPolicybookCell } from '../policybook-cell';
import type { Kernel } from '../kernel';
import { RELAY, reply, type HandlerDecision, type RequestOf } from './decision';

/** Completes a policybook cell; relays Python, and what the cells leave open. */
export function handleComplete(
  { code, cursor }: RequestOf<'complete_request'>,
  kernel: Kernel,
): HandlerDecision | Promise<HandlerDecision> {
  const pasted = readPastedCell(code);
  return isPolicybookCell(pasted.code) ? completePolicybookCell(code, pasted, cursor, kernel) : RELAY;
}

async function completePolicybookCell(
  code: string,
  pasted: PastedCell,
  cursor: number,
  kernel: Kernel,
): Promise<HandlerDecision> {
  const completion = await kernel.cells().complete(pasted.code, pasted.toTyped(cursor));
  if (!completion) return RELAY;
  return reply('complete_reply', {
    ...completion,
    cursor_start: utf16ToCodePoints(code, pasted.toPasted(completion.cursor_start)),
    cursor_end: utf16ToCodePoints(code, pasted.toPasted(completion.cursor_end)),
  });
}
