/**
 * The heartbeat echoes what it receives, even while the event loop is blocked. It needs no JavaScript thread: a
 * DEALER that is connected to itself returns every message, and zmq_proxy, which runs natively, shuttles them
 * between it and the ROUTER that clients see. (A proxy of a ROUTER with itself, as in ipykernel, crashes in
 * zeromq.js 6.8; a worker thread would cost its own V8 heap.)
 */
import { Dealer, Proxy, Router } from 'zeromq';
import { bindChannel } from './bind-channel';
import type { ConnectionInfo } from './connection-file';
import { context } from './context';

/** A heartbeat that runs. */
export interface Heartbeat {
  stop(): Promise<void>;
}

let started = 0;

/** Binds the heartbeat; rejects where its address stays taken. */
export async function startHeartbeat(info: ConnectionInfo): Promise<Heartbeat> {
  const clients = new Router({ context, linger: 0 });
  const echo = new Dealer({ context, linger: 0 });
  started += 1;
  const loop = `inproc://heartbeat-${started}`; // a name within this process
  await bindChannel(clients, info, 'hb');
  await echo.bind(loop);
  echo.connect(loop);
  const proxy = new Proxy(clients, echo);
  const running = proxy.run();
  return {
    stop: async () => {
      proxy.terminate();
      await running;
    },
  };
}
