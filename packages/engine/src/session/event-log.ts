/**
 * The one place where events are made, of runs and of comparisons: replayed from the record of earlier sessions while it
 * lasts, appended to the journal after that. The loop starts from its beginning either way and takes its decisions again,
 * so what is resumed cannot differ from what was never disturbed.
 */
import type { IsolationLevel, Json } from '@policybook/protocol';
import { findDifferences, formatDifference } from '../differences';
import type { Clocks } from '../ports';
import { RecordDivergedError } from './stopped';

/** A line of a record, as far as state follows from it. */
export interface RecordedLine<E> {
  readonly event: E;
  /** What clocks measured of the event's subject. */
  readonly measured?: unknown;
  /** The lowest isolation level at which policies ran for the event. */
  readonly isolationLevel?: IsolationLevel | undefined;
}

/** An event to be recorded, and what clocks measured of its subject. */
export interface MeasuredEvent<E> {
  readonly event: E;
  readonly measured?: Json;
}

/** What the log has to know of the events of one kind of record. */
export interface EventRules<E, S> {
  /** Advances the state by one more line, and may consume it. Throws where a record does not begin with its declaration. */
  advance(state: S | null, line: RecordedLine<E>): S;
  /** Whether the loop makes the event; all others stand next to it in the record and are never replayed. */
  isOfTheLoop(event: E): boolean;
  /** Whether the event is a stop that a later session may go on from. */
  isPause(event: E): boolean;
  /** Makes the event which says that event `number`, from 1, came out differently when it was computed again. */
  describeRecomputed(number: number, differences: string[]): E;
  /** Counts the episodes that were played for an event, and those that the environment's faults ended. */
  countEpisodes(event: E): EpisodeCounts;
  /** Makes the event which says that so many episodes of the events before it were lost, and to what. */
  describeLost(lost: number, fault: string): E;
  /** Finds the names under which slow steps of the policy with this hash are noted; none where they are not. */
  findPolicyNames(state: S | null, hash: string): readonly string[];
}

/** Episodes that were played, and episodes that faults of the environment ended. */
export interface EpisodeCounts {
  readonly played: number;
  readonly lost: number;
}

/** What surrounds work that is really done, as opposed to replayed. */
export interface SessionGuard {
  /**
   * Reads what the clocks have measured of the whole record, and what was noticed since the last `end`. `findNames` gives
   * the names of the policy with a hash.
   */
  readClocks(findNames: (hash: string) => readonly string[]): Clocks;
  /** Called before work, with the number of events so far; throws `StoppedError` when no more may be begun. */
  begin(events: number): void;
  /** What ended the episode that was lost last, for people. */
  readonly fault: string;
  /** Called after the events of some work are appended; throws `StoppedError` where too many episodes were lost. */
  end(counts: EpisodeCounts): void;
}

/** Where events are written; resolves when one is as durable as `isDurable` says. */
export interface EventJournal<E> {
  append(event: E, clocks: Clocks & { readonly measured?: Json }): Promise<void>;
}

/** What a log works with. */
export interface EventLogOptions<E, S> {
  readonly rules: EventRules<E, S>;
  /** The lines of earlier sessions, in order; empty for a new record. */
  readonly record: readonly RecordedLine<E>[];
  readonly journal: EventJournal<E>;
  readonly session: SessionGuard;
  /** Is given every event that is appended; replayed ones are not repeated. */
  readonly onEvent: (event: E, state: S, clocks: Clocks) => void;
}

/** The events of one record and the state that they add up to. */
export class EventLog<E extends { readonly type: string }, S> {
  private readonly record: readonly RecordedLine<E>[];
  private readonly extraLines: readonly RecordedLine<E>[];
  private position = 0;
  private appended = 0;
  private folded: S | null = null;

  constructor(private readonly options: EventLogOptions<E, S>) {
    const { record, rules } = options;
    this.record = record.filter(({ event }) => rules.isOfTheLoop(event) && !rules.isPause(event));
    this.extraLines = record.filter(({ event }) => !rules.isOfTheLoop(event));
  }

  /** The state after all events so far. Throws before `declare`. */
  get state(): S {
    if (this.folded === null) throw new Error('nothing is declared yet');
    return this.folded;
  }

  /** Whether events still come from the record. */
  get isReplaying(): boolean {
    return this.position < this.record.length;
  }

  /** Whether the next event comes from the record and has this type. */
  isNextRecorded(type: E['type']): boolean {
    return this.record[this.position]?.event.type === type;
  }

  /** Records the first event; a record that has one keeps it. */
  async declare(event: E): Promise<void> {
    const [recorded] = this.record;
    if (recorded === undefined) {
      await this.append({ event });
      this.appended = 1;
      return;
    }
    this.fold(recorded);
    for (const line of this.extraLines) this.fold(line);
    this.position = 1;
  }

  /**
   * Returns the next `count` events, which belong together and have one of `types`. When the record holds them all, `produce` is
   * not called; when it was cut among them, `produce` is called again and only the missing ones are appended. Where those
   * that are there come out differently, the record counts, and an event says so. Throws `RecordDivergedError` where the
   * record has other events than the loop makes here.
   */
  recordOrReplay<T extends E['type']>(
    count: number,
    types: readonly T[],
    produce: () => Promise<readonly Extract<E, { type: T }>[]>,
  ): Promise<Extract<E, { type: T }>[]> {
    return this.recordOrReplayMeasured(count, types, async () =>
      (await produce()).map((event) => ({ event })),
    );
  }

  /** Does what `recordOrReplay` does, for events with something that clocks measured of their subject. */
  async recordOrReplayMeasured<T extends E['type']>(
    count: number,
    types: readonly T[],
    produce: () => Promise<readonly MeasuredEvent<Extract<E, { type: T }>>[]>,
  ): Promise<Extract<E, { type: T }>[]> {
    const recorded = this.record.slice(this.position, this.position + count);
    const replayed = recorded.map(({ event }, index) => this.requireType(event, index, types));
    const again = replayed.length < count ? await this.produce(count, produce) : null;
    for (const line of recorded) this.fold(line);
    if (again !== null) await this.appendDifferences(replayed, again);
    this.position += replayed.length;
    const missing = again?.slice(replayed.length) ?? [];
    for (const event of missing) await this.append(event);
    this.appended += missing.length;
    const fresh = missing.map(({ event }) => event);
    await this.noteLost([...replayed, ...fresh]);
    if (fresh.length > 0) this.options.session.end(this.countEpisodes(fresh));
    return [...replayed, ...fresh];
  }

  /** Replays what the record still holds, and ends the session by the event that `describe` makes of the state after it. */
  async stop(describe: (state: S) => E): Promise<S> {
    for (const line of this.record.slice(this.position)) this.fold(line);
    this.position = this.record.length;
    await this.append({ event: describe(this.state) });
    return this.state;
  }

  /** Records, or takes from the record, that episodes of these events were lost. */
  private async noteLost(events: readonly E[]): Promise<void> {
    const { rules, session } = this.options;
    const { lost } = this.countEpisodes(events);
    if (lost === 0) return;
    const event = rules.describeLost(lost, session.fault);
    const recorded = this.record[this.position];
    if (recorded === undefined) {
      await this.append({ event });
      this.appended += 1;
      return;
    }
    this.requireType(recorded.event, 0, [event.type]);
    this.fold(recorded);
    this.position += 1;
  }

  private countEpisodes(events: readonly E[]): EpisodeCounts {
    const counts = events.map((event) => this.options.rules.countEpisodes(event));
    return {
      played: counts.reduce((sum, { played }) => sum + played, 0),
      lost: counts.reduce((sum, { lost }) => sum + lost, 0),
    };
  }

  private fold(line: RecordedLine<E>): S {
    this.folded = this.options.rules.advance(this.folded, line);
    return this.folded;
  }

  private async append({ event, measured }: MeasuredEvent<E>): Promise<void> {
    const { journal, onEvent, rules, session } = this.options;
    const clocks = session.readClocks((hash) => rules.findPolicyNames(this.folded, hash));
    await journal.append(event, { ...clocks, ...(measured !== undefined && { measured }) });
    onEvent(event, this.fold({ event, measured, isolationLevel: clocks.isolationLevel }), clocks);
  }

  private requireType<T extends E['type']>(
    event: E,
    index: number,
    types: readonly T[],
  ): Extract<E, { type: T }> {
    if (hasType(event, types)) return event;
    throw new RecordDivergedError(this.position + index, event.type, types.join(' or '));
  }

  private async produce<M>(count: number, produce: () => Promise<readonly M[]>): Promise<readonly M[]> {
    this.options.session.begin(this.position + this.appended);
    const produced = await produce();
    if (produced.length === count) return produced;
    throw new RecordDivergedError(this.position, `${count} events together`, `${produced.length} of them`);
  }

  /** Appends an event for each that came out differently: another processor may add numbers up differently. */
  private async appendDifferences(recorded: readonly E[], again: readonly MeasuredEvent<E>[]): Promise<void> {
    for (const [index, event] of recorded.entries()) {
      const differences = findDifferences(event, again[index]?.event);
      if (differences.length === 0) continue;
      const number = this.position + index + 1;
      const said = differences.slice(0, 10).map((each) => formatDifference(each));
      await this.append({ event: this.options.rules.describeRecomputed(number, said) });
    }
  }
}

function hasType<E extends { readonly type: string }, T extends E['type']>(
  event: E,
  types: readonly T[],
): event is Extract<E, { type: T }> {
  return types.some((type) => type === event.type);
}
