/** What the requests of one session took, added up: CPU time, how policies were confined, and work under way. */
import type { IsolationLevel } from '@policybook/protocol';
import type { Clock } from '../ports';

/** How far requests have come. */
export interface PendingUsage {
  readonly episodes: number;
  readonly steps: number;
}

/** The work of requests that have played nothing yet. */
export const NO_PENDING_USAGE: PendingUsage = { episodes: 0, steps: 0 };

/** The work of all requests under way, and how fast it goes. */
export interface UsageRate {
  readonly work: PendingUsage;
  /** The steps a second since the first of these requests began; 0 where no time has passed. */
  readonly stepsPerSecond: number;
}

/** Adds up what requests took. CPU time is of the whole session; all else is of the requests since the last `settle`. */
export class SessionUsage {
  private cpu = 0;
  private level: IsolationLevel | undefined;
  private readonly slowest = new Map<string, number>();
  private readonly underWay = new Map<number, PendingUsage>();
  private readonly cpuUnderWay = new Map<number, number>();
  private readonly places = new Map<number, string>();
  private latestFault = '';
  private requests = 0;
  private startedAt = 0;

  constructor(private readonly clock: Clock) {}

  /** CPU seconds that requests of this session took, those under way as far as they have reported it. */
  get cpuSeconds(): number {
    return [...this.cpuUnderWay.values()].reduce((sum, seconds) => sum + seconds, this.cpu);
  }

  /** The lowest isolation level at which policies ran since the last `settle`; `undefined` where none ran. */
  get isolationLevel(): IsolationLevel | undefined {
    return this.level;
  }

  /** CPU milliseconds of the slowest step by the hash of the text, for texts that came near the limit since the last `settle`. */
  get slowestSteps(): ReadonlyMap<string, number> {
    return this.slowest;
  }

  /** What ended the episode that was lost last, for people; empty where none was. */
  get fault(): string {
    return this.latestFault;
  }

  /** Where the environment of a request under way has been for longer than a moment; empty for nowhere. */
  get place(): string {
    return [...this.places.values()].at(-1) ?? '';
  }

  /** Notes where a request's environment has been for long; `undefined` where it goes on. */
  notePlace(request: number, place: string | undefined): void {
    this.places.delete(request);
    if (place !== undefined) this.places.set(request, place);
  }

  /** Notes what ended an episode; absent where none was lost. */
  noteFault(fault: string | undefined): void {
    this.latestFault = fault ?? this.latestFault;
  }

  /** Notes the CPU seconds of a request under way. One that is never answered has used them all the same. */
  noteCpuUnderWay(request: number, seconds: number): void {
    this.cpuUnderWay.set(request, Math.max(seconds, this.cpuUnderWay.get(request) ?? 0));
  }

  /** Forgets what a request that has been answered reported on the way: its answer says what it took. */
  endRequest(request: number): void {
    this.cpuUnderWay.delete(request);
    this.places.delete(request);
  }

  /** Adds the CPU seconds of a finished request. */
  addCpuSeconds(seconds: number): void {
    this.cpu += seconds;
  }

  /** Notes at which isolation level a policy ran; `null` where it did not run. */
  noteIsolationLevel(level: IsolationLevel | null): void {
    if (level !== null) this.level = Math.min(level, this.level ?? level);
  }

  /** Notes a step, in CPU milliseconds, that came near the limit. */
  noteSlowStep(hash: string, milliseconds: number): void {
    this.slowest.set(hash, Math.max(milliseconds, this.slowest.get(hash) ?? 0));
  }

  /** Begins a request and returns its number. The speed is measured from the latest one that begins before any has reported. */
  openRequest(): number {
    if (this.underWay.size === 0) this.startedAt = this.clock.now();
    return this.requests++;
  }

  /** Notes how far a request has come, which never shrinks, and returns the work of all. */
  reportWork(request: number, { episodes, steps }: PendingUsage): UsageRate {
    const before = this.underWay.get(request) ?? NO_PENDING_USAGE;
    this.underWay.set(request, {
      episodes: Math.max(before.episodes, episodes),
      steps: Math.max(before.steps, steps),
    });
    const work = { episodes: 0, steps: 0 };
    for (const each of this.underWay.values()) {
      work.episodes += each.episodes;
      work.steps += each.steps;
    }
    const seconds = (this.clock.now() - this.startedAt) / 1000;
    return { work, stepsPerSecond: seconds > 0 ? work.steps / seconds : 0 };
  }

  /** Forgets finished requests, whose usage is recorded by now. */
  settle(): void {
    this.underWay.clear();
    this.level = undefined;
    this.slowest.clear();
  }
}
