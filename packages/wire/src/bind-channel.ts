/**
 * Binds a channel where the connection file says. Who starts a kernel looks for free ports and gives them up again for the
 * kernel to take, so that another process may have one in between: for a moment, where it only connects to something.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Router, XPublisher } from 'zeromq';
import { formatEndpoint, type Channel, type ConnectionInfo } from './connection-file';

/** How often a taken address is tried, with the pause between: two seconds in all. */
const ATTEMPTS = 40;
const PAUSE_MS = 50;

/** Rejects with a sentence for people where the channel's address stays taken, with the system's error for any other reason. */
export async function bindChannel(
  socket: Router | XPublisher,
  info: ConnectionInfo,
  channel: Channel,
): Promise<void> {
  const endpoint = formatEndpoint(info, channel);
  for (let attempt = 1; ; attempt++) {
    try {
      await socket.bind(endpoint);
      return;
    } catch (error) {
      if (!isAddressTaken(error)) throw error;
      if (attempt === ATTEMPTS) throw new Error(formatAddressTaken(endpoint, channel), { cause: error });
    }
    await sleep(PAUSE_MS);
  }
}

function isAddressTaken(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'EADDRINUSE';
}

function formatAddressTaken(endpoint: string, channel: Channel): string {
  return `another process has taken ${endpoint}, where the connection file wants the channel ${channel}. Start the kernel again: it gets other ports.`;
}
