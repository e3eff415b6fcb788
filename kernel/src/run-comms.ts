/**
 * The comms by which pages speak to the runs that learn. The labextension opens them, and they are the kernel's: of all
 * other targets the workbench has the comms. Here is only who listens; what is said is the cells' matter.
 */
import type { CommId, JsonObject, RawMessage } from '@policybook/wire';
import type { Publisher } from './publisher';

/** A page that is reloaded does not close its comm: of so many that are open, the oldest is closed. */
const MAX_COMMS = 64;

/** The open comms of {@link RUNS_COMM_TARGET}. */
export class RunComms {
  /** By their ids, each with the request that opened it, oldest first. */
  private readonly opened = new Map<CommId, RawMessage>();
  private runs: JsonObject = { type: 'runs', runs: [] };

  constructor(private readonly publisher: Publisher) {}

  /** The ids of the open ones. */
  get ids(): readonly CommId[] {
    return [...this.opened.keys()];
  }

  /** Opens a comm, and says on it which runs there are. */
  open(id: CommId, request: RawMessage): void {
    this.opened.set(id, request);
    this.send(id, this.runs, request);
    for (const oldest of this.ids.slice(0, -MAX_COMMS)) {
      this.publisher.publish('comm_close', { comm_id: oldest, data: {} }, request);
      this.opened.delete(oldest);
    }
  }

  /** Forgets a comm that its page has closed. */
  close(id: CommId): void {
    this.opened.delete(id);
  }

  /** Says something on a comm because of a request on it; on one that is closed by now, nothing. */
  send(id: CommId, data: JsonObject, request: RawMessage): void {
    if (this.opened.has(id)) this.publisher.publish('comm_msg', { comm_id: id, data }, request);
  }

  /** Says on all comms which runs there are by now. */
  publishRuns(runs: JsonObject): void {
    this.runs = runs;
    for (const [id, request] of this.opened) this.send(id, runs, request);
  }
}
