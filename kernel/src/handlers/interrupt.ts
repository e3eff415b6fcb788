/** `interrupt_request`: ends what runs and nothing else. jupyter_client sends one before every shutdown. */
import type { Kernel } from '../kernel';
import { interruptRunning } from '../interrupt-running';
import { RELAY, reply, type HandlerDecision } from './decision';

/** Interrupts the policybook cell that runs; leaves Python that runs to the workbench, and answers at once when idle. */
export function handleInterrupt(kernel: Kernel): HandlerDecision {
  const target = interruptRunning(kernel);
  return target === 'workbench' ? RELAY : reply('interrupt_reply', { status: 'ok' });
}
