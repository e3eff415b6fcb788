/**
 * The one place where events are made: played back from the record of an earlier sitting while it lasts, appended
 * to the journal after that. The loop runs from its beginning either way and takes its decisions anew, so a
 * resumed run cannot differ from an undisturbed one.
 */
import { isOfTheLoop, ofUndisturbedRun, type RunEvent, type RunEventType } from '../events';
import { findDifferences } from '../differences';
import { advance } from '../fold';
import type { Clocks, Journal, RunObserver } from '../ports';
import type { EventOf, RunState } from '../state';
import { RecordDivergedError } from './stopped';

/** What surrounds work that is really done, as opposed to played back. */
export interface SessionGuard {
  clocks(): Clocks;
  /** Before work; throws `Stopped` when no more may be begun. */
  begin(): void;
  /** After the events of some work are appended. */
  end(): void;
}

export class EventLog {
  private readonly record: readonly RunEvent[];
  private readonly audits: readonly RunEvent[];
  private position = 0;
  private made = 0;
  private folded: RunState | null = null;

  constructor(
    record: readonly RunEvent[],
    private readonly journal: Journal,
    private readonly sitting: SessionGuard,
    private readonly observer: RunObserver | null,
  ) {
    this.record = record.filter(ofUndisturbedRun);
    this.audits = record.filter((event) => !isOfTheLoop(event));
  }

  get state(): RunState {
    if (this.folded === null) throw new Error('the run is not declared yet');
    return this.folded;
  }

  /** Events of the loop so far, played back or made. */
  get length(): number {
    return this.position + this.made;
  }

  /** Events still come from the record. */
  get isReplaying(): boolean {
    return this.position < this.record.length;
  }

  /** The first event; a resumed run keeps the one it has. */
  async declare(event: EventOf<'run_declared'>): Promise<void> {
    const [recorded] = this.record;
    if (recorded === undefined) {
      this.made = 1;
      return this.append(event);
    }
    this.folded = advance(null, recorded);
    for (const audit of this.audits) this.folded = advance(this.folded, audit);
    this.position = 1;
  }

  /**
   * The next `count` events, which belong together and have one of `types`. When the record holds them all,
   * `produce` is not called; when it was cut among them, `produce` is called again and only the missing ones are
   * appended. Where those that are there come out otherwise, the record counts, and says so. Throws `Diverged` where
   * the record has other events than the loop makes here.
   */
  async recordOrReplay<T extends RunEventType>(
    count: number,
    types: readonly T[],
    produce: () => Promise<readonly EventOf<T>[]>,
  ): Promise<EventOf<T>[]> {
    const recorded = this.record.slice(this.position, this.position + count);
    const replayed = recorded.map((event, index) => this.expected(event, index, types));
    const again = replayed.length < count ? await this.produced(count, produce) : replayed;
    for (const event of replayed) this.folded = advance(this.folded, event);
    await this.tellDifferences(replayed, again);
    this.position += replayed.length;
    const missing = again.slice(replayed.length);
    for (const event of missing) await this.append(event);
    this.made += missing.length;
    if (missing.length > 0) this.sitting.end();
    return [...replayed, ...missing];
  }

  /** Ends a sitting. What the record still holds comes first. */
  async stop(event: EventOf<'run_stopped'>): Promise<RunState> {
    for (const recorded of this.record.slice(this.position)) this.folded = advance(this.folded, recorded);
    this.position = this.record.length;
    await this.append(event);
    return this.state;
  }

  private async append(event: RunEvent): Promise<void> {
    const clocks = this.sitting.clocks();
    await this.journal.append(event, clocks);
    this.folded = advance(this.folded, event);
    this.observer?.event(event, this.folded, clocks);
  }

  private expected<T extends RunEventType>(event: RunEvent, index: number, types: readonly T[]): EventOf<T> {
    if (!isOneOf(event, types)) throw new RecordDivergedError(this.position + index, event.type, types.join(' or '));
    return event;
  }

  private async produced<E extends RunEvent>(
    count: number,
    produce: () => Promise<readonly E[]>,
  ): Promise<readonly E[]> {
    this.sitting.begin();
    const produced = await produce();
    if (produced.length === count) return produced;
    throw new RecordDivergedError(this.position, `${count} events together`, `${produced.length} of them`);
  }

  /** Another processor may add numbers up otherwise: nobody should have to find that out alone. */
  private async tellDifferences(recorded: readonly RunEvent[], found: readonly RunEvent[]): Promise<void> {
    for (const [index, event] of recorded.entries()) {
      const differing = findDifferences(event, found[index]);
      if (differing.length === 0) continue;
      const number = this.position + index + 1;
      await this.append({
        type: 'recomputed_differently',
        event: number,
        differences: differing.slice(0, 10),
      });
    }
  }
}

function isOneOf<T extends RunEventType>(event: RunEvent, types: readonly T[]): event is EventOf<T> {
  return types.some((type) => type === event.type);
}
