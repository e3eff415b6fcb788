/** `is_complete_request`: whether a console may run what was typed, or should ask for another line. */
import { readPastedCell } from '@policybook/language/pasted-cell';
import { isPolicybookCell } from '../policybook-cell';
import type { Kernel } from '../kernel';
import { RELAY, reply, type HandlerDecision, type RequestOf } from './decision';

/** Answers for a policybook cell; relays Python. */
export function handleIsComplete(request: RequestOf<'is_complete_request'>, kernel: Kernel): HandlerDecision {
  const { code } = readPastedCell(request.code);
  const verdict = isPolicybookCell(code) ? kernel.cells().isComplete(code) : undefined;
  return verdict ? reply('is_complete_reply', verdict) : RELAY;
}
