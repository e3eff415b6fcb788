/** The one libzmq context of all sockets here: an inproc address, as the heartbeat has one, holds within a context. */
import { Context } from 'zeromq';

/** ZMQ_ZERO_COPY_RECV in zmq.h. zeromq.js has the setter and, seeing no use for it, no name. */
const ZERO_COPY_RECEIVE = 10;

class FrugalContext extends Context {
  constructor() {
    // Else a socket with words for a peer that has gone could hold up the exit.
    super({ blocky: false });
    // Else each frame, however short, keeps the whole 8 kB that it was read with until it is garbage-collected:
    // tens of megabytes after some thousands of cells. Frames beyond 8 kB are never copied.
    this.setBoolOption(ZERO_COPY_RECEIVE, false);
  }
}

/** To be given to every socket. */
export const context: Context = new FrugalContext();
