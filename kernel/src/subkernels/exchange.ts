/** A request that a subkernel has been sent and what is to become of its answer. */
import type { Header, RawMessage } from '@policybook/wire';

export interface Exchange {
  /** The reply on the channel of the request. */
  reply(message: RawMessage): void;
  /** An iopub message caused by the request; absent where those are relayed like all others. */
  publication?(header: Header, message: RawMessage): void;
  /** The subkernel ended before it had answered; `reason` is a sentence. */
  died(reason: string): void;
}

/** Whether a publication is the last one of its request. */
export function isIdle(header: Header, message: RawMessage): boolean {
  // Compared as bytes: `{"execution_state": "idle"}`, whatever its spaces.
  return header.msg_type === 'status' && message.content.includes('"idle"');
}

export interface Settled {
  readonly reply: RawMessage;
  readonly idle: RawMessage;
}

/**
 * Waits for both the reply and the idle status of a request. They come over different sockets, in either
 * order; idle is the last publication, so that once both are here every output has been passed on.
 */
export class Settlement {
  #reply: RawMessage | undefined;
  #idle: RawMessage | undefined;

  constructor(private readonly settled: (both: Settled) => void) {}

  reply(message: RawMessage): void {
    this.#reply = message;
    this.#settle();
  }

  idle(message: RawMessage): void {
    this.#idle = message;
    this.#settle();
  }

  #settle(): void {
    if (this.#reply && this.#idle) this.settled({ reply: this.#reply, idle: this.#idle });
  }
}
