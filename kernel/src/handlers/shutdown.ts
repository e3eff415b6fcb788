/** `shutdown_request`: for a restart too we end; whoever asked starts us anew with the same connection file. */
import type { Kernel } from '../kernel';
import { TAKEN, type Answer, type Incoming, type RequestOf } from './answer';

export function shutdown(request: RequestOf<'shutdown_request'>, incoming: Incoming, kernel: Kernel): Answer {
  void finish(request.restart, incoming, kernel);
  return TAKEN;
}

async function finish(restart: boolean, incoming: Incoming, kernel: Kernel): Promise<void> {
  const { publisher } = kernel;
  publisher.status('busy', incoming.message);
  await kernel.stop();
  const content = { status: 'ok', restart } as const;
  publisher.reply(incoming, 'shutdown_reply', content);
  publisher.publish('shutdown_reply', content, incoming.message);
  publisher.status('idle', incoming.message);
  await kernel.exit(0);
}
