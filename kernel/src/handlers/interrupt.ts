/** `interrupt_request`: ends what runs and nothing else. jupyter_client sends one before every shutdown. */
import type { Kernel } from '../kernel';
import { RELAY, reply, type Answer } from './answer';

export function interrupt({ lane, workbench }: Kernel): Answer {
  if (lane.interrupt()) {
    workbench.interruptExpressions();
    return reply('interrupt_reply', { status: 'ok' });
  }
  // Idle: the workbench may still be starting, when a signal would be its end.
  return workbench.busy() ? RELAY : reply('interrupt_reply', { status: 'ok' });
}
