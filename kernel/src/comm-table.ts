/** Comms that the front end opened with the cells; those of widgets are the workbench's and only pass by. */
import type { CommId, JsonObject, RawMessage } from '@policybook/wire';
import type { CellService, CommListener } from './cell-service';
import type { Publisher } from './publisher';

interface Open {
  readonly target: string;
  readonly listener: CommListener;
}

export class CommTable {
  readonly #open = new Map<CommId, Open>();

  constructor(
    private readonly cells: () => CellService,
    private readonly publisher: Publisher,
  ) {}

  has(id: CommId): boolean {
    return this.#open.has(id);
  }

  /** Opens a comm; an unknown target is closed at once, as the protocol asks. */
  open(id: CommId, target: string, data: JsonObject, request: RawMessage): void {
    const handler = this.cells().comms?.get(target);
    if (!handler) {
      this.publisher.publish('comm_close', { comm_id: id, data: {} }, request);
      return;
    }
    const comm = {
      id,
      send: (message: JsonObject, buffers: readonly Buffer[] = []) => {
        this.publisher.publish('comm_msg', { comm_id: id, data: message }, request, buffers);
      },
      close: () => {
        if (this.#open.delete(id)) this.publisher.publish('comm_close', { comm_id: id, data: {} }, request);
      },
    };
    this.#open.set(id, { target, listener: handler.opened(comm, data) });
  }

  message(id: CommId, data: JsonObject, buffers: readonly Buffer[]): void {
    this.#open.get(id)?.listener.message(data, buffers);
  }

  closed(id: CommId): void {
    const comm = this.#open.get(id);
    this.#open.delete(id);
    comm?.listener.closed();
  }

  /** The `comms` of a comm_info_reply; of one target, or of all. */
  describe(target: string | undefined): JsonObject {
    const chosen = [...this.#open].filter(([, comm]) => target === undefined || comm.target === target);
    return Object.fromEntries(chosen.map(([id, comm]) => [id, { target_name: comm.target }]));
  }
}
