/** An awaited queue before sockets: zeromq.js refuses a second `send` while one is waiting (EBUSY). */

/** Hands messages to one sink, each after the one before has been taken. */
export class Outbox<T> {
  private readonly waiting: T[] = [];
  private pumping: Promise<void> | undefined;
  private isClosed = false;

  /** `failed` hears of a message that the socket would not take; the rest of the queue goes on. */
  constructor(
    private readonly sink: (message: T) => Promise<void>,
    private readonly onFailure: (error: unknown) => void = () => undefined,
  ) {}

  /** Queues a message. Never throws, never loses order; after {@link close} messages are dropped. */
  send(message: T): void {
    if (this.isClosed) return;
    this.waiting.push(message);
    this.pumping ??= this.pump();
  }

  /** Resolves when everything queued so far has been handed to the socket. */
  async drain(): Promise<void> {
    while (this.pumping) await this.pumping;
  }

  /** Drops what waits, for sockets whose peer is gone. */
  close(): void {
    this.isClosed = true;
    this.waiting.length = 0;
  }

  private async pump(): Promise<void> {
    // A send that throws at once would else end this before `pumping` is set, and block the queue for good.
    await Promise.resolve();
    // Taken in batches, because shifting a long array message by message is quadratic.
    while (this.waiting.length > 0) {
      for (const message of this.waiting.splice(0)) {
        try {
          await this.sink(message);
        } catch (error) {
          if (!this.isClosed) this.onFailure(error);
        }
      }
    }
    this.pumping = undefined;
  }
}
