/**
 * The sockets of a kernel as its clients see it: ROUTER for requests, XPUB for publications.
 *
 * Nothing here knows what a message means; what was received is handed on only after its signature and its
 * freshness were checked.
 */
import { Router, XPublisher } from 'zeromq';
import { bindChannel } from './bind-channel';
import type { Composer } from './composer';
import type { ConnectionInfo } from './connection-file';
import { context } from './context';
import { splitFrames, type RawMessage } from './frames';
import { startHeartbeat } from './heartbeat';
import { Outbox } from './outbox';
import { ReplayGuard } from './replay-guard';
import type { Signer } from './signer';

/** A channel on which clients send requests and get replies. */
export type RequestChannel = 'shell' | 'control' | 'stdin';

/** What a server hears. */
export interface ServerEvents {
  /** Called once, when those who had subscribed by then have been welcomed, and before the first request. */
  onListening(): void;
  /** A verified message from a client. */
  onMessage(channel: RequestChannel, message: RawMessage): void;
  /** Why something received was dropped, or something sent was refused. */
  onDropped(text: string): void;
}

/** The bound sockets of a kernel. */
export interface ServerSockets {
  send(channel: RequestChannel | 'iopub', frames: Buffer[]): void;
  /** Starts to receive; to be called once. What clients sent before is not lost. */
  listen(signer: Signer, composer: Composer, events: ServerEvents): void;
  /** Sends what is queued, then closes; messages handed to libzmq leave within {@link LINGER_MS}, if the process ends by itself. */
  close(): Promise<void>;
}

interface Addressed {
  readonly channel: RequestChannel | 'iopub';
  readonly frames: Buffer[];
}

/** How long libzmq may take at exit to deliver last messages to clients that are still reading. */
export const LINGER_MS = 800;
const UNLIMITED = { sendHighWaterMark: 0, receiveHighWaterMark: 0 };
const COMMON = { ...UNLIMITED, context, linger: LINGER_MS };

/**
 * Binds all five sockets; rejects where an address stays taken. Needs nothing else, so that it can come first: a client
 * that finds a port closed pauses for 100 to 200 ms.
 */
export async function bindServer(info: ConnectionInfo): Promise<ServerSockets> {
  // `handover`: a client that reconnects with its old identity takes its place (ipykernel#270).
  const router = (): Router => new Router({ ...COMMON, handover: true });
  const routers = { shell: router(), control: router(), stdin: router() };
  // Without `allSubs`, a second client's subscription is taken for known and it gets no welcome.
  const iopub = new XPublisher({ ...COMMON, verbosity: 'allSubs' });
  const sockets = { ...routers, iopub };
  const [heartbeat] = await Promise.all([
    startHeartbeat(info),
    bindChannel(routers.shell, info, 'shell'),
    bindChannel(routers.control, info, 'control'),
    bindChannel(routers.stdin, info, 'stdin'),
    bindChannel(iopub, info, 'iopub'),
  ]);

  let problem = (_text: string): void => undefined;
  // One for all: a reply, or a prompt, must not overtake the outputs before it, which go over another socket.
  const outbox = new Outbox(
    ({ channel, frames }: Addressed) => sockets[channel].send(frames),
    (error) => {
      problem(`a message could not be sent: ${String(error)}`);
    },
  );
  const send: ServerSockets['send'] = (channel, frames) => {
    outbox.send({ channel, frames });
  };
  return {
    send,
    listen: (signer, composer, events) => {
      problem = (text) => {
        events.onDropped(text);
      };
      void receive(iopub, ([frame]) => {
        if (frame) welcome(frame, composer, send);
      });
      const guard = new ReplayGuard();
      const take = (channel: RequestChannel, frames: readonly Buffer[]): void => {
        const message = splitFrames(frames);
        const refusal = message ? inspect(message, signer, guard) : 'is not a Jupyter message';
        if (message && !refusal) events.onMessage(channel, message);
        else problem(`dropped: a message on ${channel} ${refusal ?? ''}`);
      };
      setImmediate(() => {
        events.onListening();
        for (const channel of ['shell', 'control', 'stdin'] as const) {
          void receive(routers[channel], (frames) => {
            take(channel, frames);
          });
        }
      });
    },
    close: async () => {
      await outbox.drain();
      outbox.close();
      for (const socket of Object.values(sockets)) socket.close();
      await heartbeat.stop();
    },
  };
}

function inspect(message: RawMessage, signer: Signer, guard: ReplayGuard): string | undefined {
  if (!signer.verify(message)) return 'has a wrong signature';
  return guard.admit(message.signature) ? undefined : 'was sent before (replayed signature)';
}

/** JEP 65: tells each new subscriber that from here on it misses nothing. */
function welcome(frame: Buffer, composer: Composer, send: ServerSockets['send']): void {
  if (frame[0] !== 1) return;
  const topic = frame.subarray(1);
  const content = { subscription: topic.toString('utf8') };
  const identities = topic.length > 0 ? [topic] : [];
  send('iopub', composer.compose('iopub_welcome', content, { identities }).frames);
}

async function receive(
  socket: AsyncIterable<Buffer[]>,
  handle: (frames: readonly Buffer[]) => void,
): Promise<void> {
  for await (const frames of socket) handle(frames);
}
