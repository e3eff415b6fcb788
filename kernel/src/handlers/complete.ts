/** `complete_request`: cells of ours are completed here, even while one runs; Python by the workbench. */
import { utf16ToCodePoints } from '@policybook/wire';
import { claims } from '../claims';
import type { Kernel } from '../kernel';
import { RELAY, reply, type Answer, type RequestOf } from './answer';

export function complete(
  { code, cursor }: RequestOf<'complete_request'>,
  kernel: Kernel,
): Answer | Promise<Answer> {
  return claims(code) ? completeOurs(code, cursor, kernel) : RELAY;
}

async function completeOurs(code: string, cursor: number, kernel: Kernel): Promise<Answer> {
  const completion = await kernel.cells().complete(code, cursor);
  if (!completion) return RELAY;
  return reply('complete_reply', {
    ...completion,
    cursor_start: utf16ToCodePoints(code, completion.cursor_start),
    cursor_end: utf16ToCodePoints(code, completion.cursor_end),
  });
}
