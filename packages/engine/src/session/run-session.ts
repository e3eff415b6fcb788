/** One session of a run or a comparison: its clocks, the budgets that clocks measure, Stop, and what it reproduces. */
import { findClockLimit, type Budget, type ClockBudgetName, type ClockReadings } from '@policybook/protocol';
import type { Clock, Clocks } from '../ports';
import type { EpisodeCounts, SessionGuard } from './event-log';
import { LossRule } from './loss-rule';
import { SessionUsage } from './session-usage';
import { createInterrupt, StoppedError } from './stopped';

/** Timers may fire a little early, and a session that reproduces another one may pass its limit: so long is waited at least. */
const MIN_WAKE_MS = 50;

/** The limits that clocks measure; `null` is unlimited. */
export type ClockBudget = Readonly<Pick<Budget, ClockBudgetName>>;

/** Where another session of the same declaration ended, which this one reproduces. */
export interface ReproducedEnd {
  /** The number of its events before its end, pauses aside: up to there clocks stop nothing. */
  readonly events: number;
  /** The message of the budget that stopped it there; `null` where none did, and clocks apply again. */
  readonly message: string | null;
}

/** What a session works with. */
export interface RunSessionOptions {
  readonly clock: Clock;
  /** Aborts when the user stops it. */
  readonly signal: AbortSignal;
  /** What the clocks measured in earlier sessions of the same record. */
  readonly before: Clocks;
  readonly budget: ClockBudget;
  /** The end that this session reproduces: its own clocks do not stop it before; `null` for none. */
  readonly reproduces: ReproducedEnd | null;
}

/** Guards the budgets that clocks measure; where they stop a session is recorded, since it cannot be computed again. */
export class RunSession implements SessionGuard {
  /** Adds up what requests of this session take. */
  readonly usage: SessionUsage;
  /** Ends every request: by hand, by a clock, and at the end of the session. */
  readonly signal: AbortSignal;
  private readonly startedAt: number;
  /** The number of events when the latest work was begun. */
  private events = 0;
  private readonly ended = new AbortController();
  private readonly losses = new LossRule();

  constructor(private readonly options: RunSessionOptions) {
    this.usage = new SessionUsage(options.clock);
    this.signal = AbortSignal.any([options.signal, this.ended.signal]);
    this.startedAt = options.clock.now();
  }

  readClocks(findNames: (hash: string) => readonly string[]): Clocks {
    const { isolationLevel, slowestSteps } = this.usage;
    const slow = [...slowestSteps].flatMap(([hash, milliseconds]) =>
      findNames(hash).map((name) => [name, milliseconds] as const),
    );
    return {
      ...this.measureClocks(),
      ...(isolationLevel !== undefined && { isolationLevel }),
      ...(slow.length > 0 && { slowestSteps: Object.fromEntries(slow) }),
    };
  }

  begin(events: number): void {
    this.events = events;
    if (this.options.signal.aborted) throw createInterrupt();
    const end = this.findReproducedEnd() ?? this.findOverdue();
    if (end !== null) throw end;
  }

  get fault(): string {
    return this.usage.fault;
  }

  end(counts: EpisodeCounts): void {
    this.usage.settle();
    this.judgeLosses(counts);
  }

  /** Counts episodes, and ends the session where too many were lost. */
  judgeLosses(counts: EpisodeCounts): void {
    const message = this.losses.findEnd(counts, this.fault);
    if (message !== null) throw new StoppedError('failed', message, true);
  }

  /** Ends the requests under way where the clocks allow no more; a long one is not waited for. */
  stopWhenOverdue(): void {
    const overdue = this.findOverdue();
    if (overdue !== null) this.ended.abort(overdue);
  }

  /**
   * Does the work of the session, and returns what it comes to, or why it was stopped. All its requests end with it. Where
   * wall time is limited a request under way ends at the limit, even one that reports no progress.
   */
  async run<T>(work: () => Promise<T>): Promise<T | StoppedError> {
    const stopWaking = this.wakeAtWallLimit();
    try {
      return await work();
    } catch (error) {
      if (error instanceof StoppedError) return error;
      throw error;
    } finally {
      stopWaking();
      // Requests that are still under way would be answered after the end of the session.
      this.ended.abort();
    }
  }

  /** Looks at the clocks when the limit of wall time is reached, and again where the session may pass it; returns what ends that. */
  private wakeAtWallLimit(): () => void {
    const limit = this.options.budget.wallSeconds;
    if (limit === null) return () => undefined;
    let cancel: () => void = () => undefined;
    const wait = (): void => {
      const left = (limit - this.measureClocks().wallSeconds) * 1000;
      cancel = this.options.clock.callAfter(Math.max(left, MIN_WAKE_MS), () => {
        this.stopWhenOverdue();
        if (!this.signal.aborted) wait();
      });
    };
    wait();
    return () => {
      cancel();
    };
  }

  /** Measures the seconds left of the limit of wall time; `null` where there is none, or where no clock stops the session. */
  measureSecondsLeft(): number | null {
    const limit = this.options.budget.wallSeconds;
    return limit === null || this.isReproducing() ? null : limit - this.measureClocks().wallSeconds;
  }

  /** Reads all clocks, earlier sessions included. CPU time is known of finished requests only. */
  private measureClocks(): ClockReadings {
    const { before, clock } = this.options;
    return {
      wallSeconds: before.wallSeconds + (clock.now() - this.startedAt) / 1000,
      cpuSeconds: before.cpuSeconds + this.usage.cpuSeconds,
    };
  }

  private findReproducedEnd(): StoppedError | null {
    const message = this.options.reproduces?.message ?? null;
    return message === null || this.isReproducing() ? null : new StoppedError('budget', message);
  }

  /** Whether the session is still within what it reproduces. */
  private isReproducing(): boolean {
    const { reproduces } = this.options;
    return reproduces !== null && this.events < reproduces.events;
  }

  /** Finds the clock that has passed its limit, as a stop; `null` where none has, and within what the session reproduces. */
  private findOverdue(): StoppedError | null {
    if (this.isReproducing()) return null;
    const limit = findClockLimit(this.options.budget, this.measureClocks());
    if (limit === null) return null;
    const { place } = this.usage;
    return new StoppedError('budget', place === '' ? limit : `${limit}; the environment was ${place}`);
  }
}
