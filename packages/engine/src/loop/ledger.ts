/**
 * The one place where events are made: played back from the record of an earlier sitting while it lasts, appended
 * to the journal after that. The loop runs from its beginning either way and takes its decisions anew, so a
 * resumed run cannot differ from an undisturbed one.
 */
import type { RunEvent, RunEventType } from '../events';
import { canonicalJson } from '../canonical-json';
import { advance } from '../fold';
import type { Clocks, Journal, RunObserver } from '../ports';
import type { EventOf, RunState } from '../state';
import { Diverged } from './stopped';

/** What surrounds work that is really done, as opposed to played back. */
export interface Sitting {
  clocks(): Clocks;
  /** Before work; throws `Stopped` when no more may be begun. */
  begin(): void;
  /** After the events of some work are appended. */
  end(): void;
}

/** Audits stand in the record of a run, and the loop neither makes nor repeats them. */
export function isOfTheLoop(event: RunEvent): boolean {
  return event.type !== 'audited';
}

/** A stop that a later sitting went on from, which an undisturbed run does not have. */
function isPause(event: RunEvent): boolean {
  return event.type === 'run_stopped' && (event.reason === 'interrupted' || event.reason === 'failed');
}

export class Ledger {
  private readonly record: readonly RunEvent[];
  private readonly audits: readonly RunEvent[];
  private position = 0;
  private folded: RunState | null = null;

  constructor(
    record: readonly RunEvent[],
    private readonly journal: Journal,
    private readonly sitting: Sitting,
    private readonly observer: RunObserver | null,
  ) {
    this.record = record.filter((event) => isOfTheLoop(event) && !isPause(event));
    this.audits = record.filter((event) => !isOfTheLoop(event));
  }

  get state(): RunState {
    if (this.folded === null) throw new Error('the run is not declared yet');
    return this.folded;
  }

  /** Events still come from the record. */
  get replaying(): boolean {
    return this.position < this.record.length;
  }

  /** The first event; a resumed run keeps the one it has. */
  async declare(event: EventOf<'run_declared'>): Promise<void> {
    const [recorded] = this.record;
    if (recorded === undefined) return this.append(event);
    this.folded = advance(null, recorded);
    for (const audit of this.audits) this.folded = advance(this.folded, audit);
    this.position = 1;
  }

  /**
   * The next `count` events, which belong together and have one of `types`. When the record holds them all,
   * `produce` is not called; when it was cut among them, `produce` is called again and only the missing ones are
   * appended. Throws `Diverged` where record and repetition differ.
   */
  async barrier<T extends RunEventType>(
    count: number,
    types: readonly T[],
    produce: () => Promise<readonly EventOf<T>[]>,
  ): Promise<EventOf<T>[]> {
    const recorded = this.record.slice(this.position, this.position + count);
    const replayed = recorded.map((event, index) => this.expected(event, index, types));
    const missing = replayed.length < count ? await this.missing(replayed, count, produce) : [];
    for (const event of replayed) this.folded = advance(this.folded, event);
    this.position += replayed.length;
    for (const event of missing) await this.append(event);
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
    if (!isOneOf(event, types)) throw new Diverged(this.position + index, event.type, types.join(' or '));
    return event;
  }

  private async missing<E extends RunEvent>(
    replayed: readonly E[],
    count: number,
    produce: () => Promise<readonly E[]>,
  ): Promise<readonly E[]> {
    this.sitting.begin();
    const produced = await produce();
    replayed.forEach((event, index) => {
      const again = produced[index];
      if (again === undefined || canonicalJson(event) !== canonicalJson(again)) {
        throw new Diverged(this.position + index, JSON.stringify(event), JSON.stringify(again));
      }
    });
    if (produced.length !== count) {
      throw new Diverged(this.position, `${count} events together`, `${produced.length} of them`);
    }
    return produced.slice(replayed.length);
  }
}

function isOneOf<T extends RunEventType>(event: RunEvent, types: readonly T[]): event is EventOf<T> {
  return types.some((type) => type === event.type);
}
