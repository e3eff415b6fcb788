/** `is_complete_request`: whether a console may run what was typed, or should ask for another line. */
import { claims } from '../claims';
import type { Kernel } from '../kernel';
import { RELAY, reply, type Answer, type RequestOf } from './answer';

export function isComplete({ code }: RequestOf<'is_complete_request'>, kernel: Kernel): Answer {
  const verdict = claims(code) ? kernel.cells().isComplete(code) : undefined;
  return verdict ? reply('is_complete_reply', verdict) : RELAY;
}
