/** `connect_request` (deprecated): the kernel's ports. The workbench would name its own, which no client can reach. */
import type { Kernel } from '../kernel';
import { reply, type HandlerDecision } from './decision';

/** Answers with the kernel's own ports. */
export function handleConnect({ connection }: Kernel): HandlerDecision {
  const { shell, iopub, stdin, control, hb } = connection.ports;
  const ports = {
    shell_port: shell,
    iopub_port: iopub,
    stdin_port: stdin,
    control_port: control,
    hb_port: hb,
  };
  return reply('connect_reply', { status: 'ok', ...ports });
}
