/**
 * The sockets of a client of a kernel: DEALER for requests, SUB for publications.
 *
 * A client may carry frames of others: identities that precede a message travel to the kernel behind the client's own,
 * come back in front of its reply, and so name whom the reply, or an input request, is for.
 */
import { Dealer, Subscriber } from 'zeromq';
import { formatEndpoint, type ConnectionInfo } from './connection-file';
import { context } from './context';
import { splitFrames, type RawMessage } from './frames';
import { readHeader, type MessageHeader } from './header';
import { Outbox } from './outbox';
import type { RequestChannel } from './server-sockets';

/** What a client hears. */
export interface ClientEvents {
  /** A message of the kernel; `header` and `parent` are the only parts that were parsed. */
  onMessage(
    channel: RequestChannel | 'iopub',
    message: RawMessage,
    header: MessageHeader,
    parent: MessageHeader | undefined,
  ): void;
}

/** The connected sockets of a client. */
export interface ClientSockets {
  /** Queues a request; it leaves once the kernel is there and knows the subscription. */
  send(channel: RequestChannel, frames: Buffer[]): void;
  /** Resolves when the kernel has welcomed this client on iopub: no output can be missed from here on. */
  readonly welcomed: Promise<void>;
  close(): void;
}

/**
 * libzmq tries again after 100 ms by default when the kernel has not bound yet, which is most of the time a
 * kernel's start leaves to win.
 */
const RECONNECT_MS = 3;
/** A SUB socket at its high-water mark drops messages in silence. */
const UNLIMITED = { sendHighWaterMark: 0, receiveHighWaterMark: 0 };

/**
 * Connects to a kernel that may not be listening yet. Messages of the kernel are not verified: these sockets
 * are for subkernels behind a folder that only their owner can open.
 */
export function connectClient(info: ConnectionInfo, identity: string, events: ClientEvents): ClientSockets {
  const options = { context, linger: 0, reconnectInterval: RECONNECT_MS };
  const dealer = (): Dealer => new Dealer({ ...options, ...UNLIMITED, routingId: identity });
  // One identity for all three: kernels address input requests by the identity that a shell request came from.
  const dealers = { shell: dealer(), control: dealer(), stdin: dealer() };
  const iopub = new Subscriber({ ...options, receiveHighWaterMark: 0 });
  const outbox = (to: Dealer): Outbox<Buffer[]> => new Outbox((frames) => to.send(frames));
  const outboxes = {
    shell: outbox(dealers.shell),
    control: outbox(dealers.control),
    stdin: outbox(dealers.stdin),
  };
  let welcome: () => void = () => undefined;
  const welcomed = new Promise<void>((resolve) => (welcome = resolve));
  let early: [RequestChannel, Buffer[]][] | undefined = [];
  void welcomed.then(() => {
    const waiting = early ?? [];
    early = undefined;
    for (const [channel, frames] of waiting) outboxes[channel].send(frames);
  });

  for (const channel of ['shell', 'control', 'stdin'] as const) {
    dealers[channel].connect(formatEndpoint(info, channel));
    void receive(dealers[channel], (message, header, parent) => {
      events.onMessage(channel, message, header, parent);
    });
  }
  iopub.connect(formatEndpoint(info, 'iopub'));
  iopub.subscribe();
  void receive(iopub, (message, header, parent) => {
    if (header.msg_type === 'iopub_welcome') welcome();
    else events.onMessage('iopub', message, header, parent);
  });

  return {
    welcomed,
    send: (channel, frames) => {
      if (early) early.push([channel, frames]);
      else outboxes[channel].send(frames);
    },
    close: () => {
      for (const outbox of Object.values(outboxes)) outbox.close();
      for (const socket of [...Object.values(dealers), iopub]) socket.close();
    },
  };
}

async function receive(
  socket: AsyncIterable<Buffer[]>,
  handle: (message: RawMessage, header: MessageHeader, parent: MessageHeader | undefined) => void,
): Promise<void> {
  for await (const frames of socket) {
    const message = splitFrames(frames);
    const header = message && readHeader(message.header);
    if (message && header) handle(message, header, readHeader(message.parentHeader));
  }
}
