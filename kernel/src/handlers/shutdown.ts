/** `shutdown_request`: the kernel ends for a restart too; its client then starts another with the same connection file. */
import type { Kernel } from '../kernel';
import { TAKEN, type HandlerDecision, type IncomingRequest, type RequestOf } from './decision';

/** Ends all that the kernel started, answers, and leaves the process. */
export function handleShutdown(
  request: RequestOf<'shutdown_request'>,
  incoming: IncomingRequest,
  kernel: Kernel,
): HandlerDecision {
  void finish(request.restart, incoming, kernel);
  return TAKEN;
}

async function finish(restart: boolean, incoming: IncomingRequest, kernel: Kernel): Promise<void> {
  const { publisher } = kernel;
  publisher.publishStatus('busy', incoming.message);
  await kernel.stop();
  const content = { status: 'ok', restart } as const;
  publisher.reply(incoming, 'shutdown_reply', content);
  publisher.publish('shutdown_reply', content, incoming.message);
  publisher.publishStatus('idle', incoming.message);
  await kernel.exit(0);
}
