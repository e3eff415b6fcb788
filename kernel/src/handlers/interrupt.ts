/** `interrupt_request`: ends what runs and nothing else. jupyter_client sends one before every shutdown. */
import type { Kernel } from '../kernel';
import { RELAY, reply, type HandlerDecision } from './decision';

export function handleInterrupt({ executionQueue, workbench }: Kernel): HandlerDecision {
  if (executionQueue.interrupt()) {
    workbench.interruptExpressions();
    return reply('interrupt_reply', { status: 'ok' });
  }
  // Idle: the workbench may still be starting, when a signal would be its end.
  return workbench.isBusy() ? RELAY : reply('interrupt_reply', { status: 'ok' });
}
