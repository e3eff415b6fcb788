/** Learning: from a declaration to a stopped run, or from a stopped run onwards. */
import { formatBudget, findLongestEpisode } from './budget/budget';
import { defaultDecisions, type Decisions } from './decisions';
import type { EnvironmentFacts } from '@policybook/protocol';
import { isOfTheLoop, FOLDER_FORMAT, type CandidateId, type RunEvent } from './events';
import { fold } from './fold';
import { EpisodeRunner, type WorkUnderWay } from './session/episode-runner';
import type { RunContext } from './run/context';
import { EventLog, type SessionGuard } from './session/event-log';
import { StoppedError } from './session/stopped';
import { runStages, type RunEnding } from './run/stages';
import { combineObservations, type MachineObservations } from './machine-observations';
import type { Author, Clock, Clocks, Evaluator, Journal, RunObserver } from './ports';
import type { RunSettings } from './settings';
import type { RunState } from './state';

export interface RunDeclaration {
  readonly run: string;
  readonly settings: RunSettings;
  /** From `environment.describe`; a resumed run keeps those it was declared with. */
  readonly facts: EnvironmentFacts;
}

export interface LearnPorts {
  readonly author: Author;
  readonly evaluator: Evaluator;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly observer?: RunObserver;
  /** Others than the default ones, for experiments with the method. */
  readonly decisions?: Partial<Decisions>;
}

export interface LearnOptions {
  readonly signal: AbortSignal;
  /** Events of earlier sittings, in order; the same declaration is the caller's duty. */
  readonly resumeFrom?: readonly RunEvent[];
  /** Clocks beside the last of them. */
  readonly clocks?: Clocks;
  /**
   * Record of another run of the same declaration, to be repeated: where clocks have stopped that one, this one stops,
   * and its own clocks do not stop it.
   */
  readonly repeats?: readonly RunEvent[];
}

/**
 * Runs the loop until it stops and returns the state with its `stopped` event. A run that ended by itself is
 * returned as it is; an interrupted or failed one goes on. Rejects only when the journal cannot be written or its
 * record does not fit (`Diverged`); everything else, a broken evaluator included, ends in `run_stopped`.
 */
export async function learn(
  declaration: RunDeclaration,
  ports: LearnPorts,
  options: LearnOptions,
): Promise<RunState> {
  const record = options.resumeFrom ?? [];
  const last = record.findLast(isOfTheLoop);
  if (last?.type === 'run_stopped' && (last.reason === 'exhausted' || last.reason === 'budget')) {
    const finished = fold(record);
    if (finished !== null) return finished;
  }
  // Requests that are still under way when the loop ends have nobody left to answer to.
  const ended = new AbortController();
  try {
    return await run(declaration, ports, options, record, ended);
  } finally {
    ended.abort();
  }
}

async function run(
  declaration: RunDeclaration,
  ports: LearnPorts,
  options: LearnOptions,
  record: readonly RunEvent[],
  ended: AbortController,
): Promise<RunState> {
  const { clock, observer = null } = ports;
  const { settings } = declaration;
  const signal = AbortSignal.any([options.signal, ended.signal]);
  let activity = '';
  const report = (work: WorkUnderWay, stepsPerSecond: number): void => {
    // A long request is stopped where the wall clock says so, not at its end.
    const overdue = sitting.overdue();
    if (overdue !== null) ended.abort(overdue);
    const { usage: meter } = ledger.state;
    observer?.progress({
      activity,
      episodes: meter.episodes + work.episodes,
      steps: meter.steps + work.steps,
      stepsPerSecond,
    });
  };
  const { environment, policy } = settings;
  const longest = findLongestEpisode(declaration.facts);
  const bench = new EpisodeRunner(
    ports.evaluator,
    ports.journal,
    environment,
    policy,
    longest,
    clock,
    signal,
    report,
  );
  const texts = new Map<CandidateId, string>();
  const length = () => ledger.length;
  const sitting: GuardedSitting = new GuardedSitting(settings, clock, bench, options, length, texts);
  const ledger: EventLog = new EventLog(record, ports.journal, sitting, observer);
  const context: RunContext = {
    log: ledger,
    runner: bench,
    journal: ports.journal,
    author: ports.author,
    decisions: { ...defaultDecisions, ...ports.decisions },
    texts,
    signal,
    announce: (text) => {
      activity = text;
      if (!ledger.isReplaying) report({ episodes: 0, steps: 0 }, 0);
    },
  };
  await ledger.declare({ type: 'run_declared', format: FOLDER_FORMAT, ...declaration });
  const { reason, message } = await ending(context);
  const spent = formatBudget(ledger.state);
  const told = spent === '' || message.endsWith(` (${spent})`) ? message : `${message} (${spent})`;
  return ledger.stop({ type: 'run_stopped', reason, message: told });
}

async function ending(context: RunContext): Promise<RunEnding | StoppedError> {
  try {
    return await runStages(context);
  } catch (error) {
    if (error instanceof StoppedError) return error;
    throw error;
  }
}

/** Guards the budgets that clocks measure; where they stop a run is recorded and not recomputed. */
class GuardedSitting implements SessionGuard {
  private readonly startedAt: number;
  private readonly before: Clocks;
  private readonly repeated: readonly RunEvent[] | null;

  constructor(
    private readonly settings: RunSettings,
    private readonly clock: Clock,
    private readonly bench: EpisodeRunner,
    private readonly options: LearnOptions,
    /** Events of the loop so far. */
    private readonly length: () => number,
    /** Text of every candidate so far. */
    private readonly texts: ReadonlyMap<CandidateId, string>,
  ) {
    this.startedAt = clock.now();
    this.before = options.clocks ?? { wallSeconds: 0, cpuSeconds: 0 };
    this.repeated = options.repeats?.filter(isOfTheLoop) ?? null;
  }

  clocks(): Clocks {
    return {
      wallSeconds: this.before.wallSeconds + (this.clock.now() - this.startedAt) / 1000,
      cpuSeconds: this.before.cpuSeconds + this.bench.cpuSeconds,
      ...combineObservations([this.noticed()]),
    };
  }

  private noticed(): MachineObservations {
    const { level, slowestSteps } = this.bench;
    const slow = [...(slowestSteps.size === 0 ? [] : this.texts)].flatMap(([candidate, text]) => {
      const milliseconds = slowestSteps.get(text);
      return milliseconds === undefined ? [] : [[candidate, milliseconds] as const];
    });
    return { isolationLevel: level, slowestSteps: Object.fromEntries(slow) };
  }

  begin(): void {
    if (this.options.signal.aborted) throw new StoppedError('interrupted', 'stopped by hand');
    const end = this.repeatedEnd() ?? this.overdue();
    if (end !== null) throw end;
  }

  /** Where the run that is repeated was at its end, by its clocks or by its counts. */
  private repeatedEnd(): StoppedError | null {
    const last = this.repeated?.at(-1);
    if (this.repeated === null || last?.type !== 'run_stopped' || last.reason !== 'budget') return null;
    return this.length() < this.repeated.length - 1 ? null : new StoppedError('budget', last.message);
  }

  /** Why no more may be done by the clocks; CPU time is known of finished requests only. */
  overdue(): StoppedError | null {
    if (this.repeated !== null) return null;
    const { wallSeconds, cpuSeconds } = this.clocks();
    const { budget } = this.settings;
    if (budget.wallSeconds !== null && wallSeconds >= budget.wallSeconds)
      return new StoppedError('budget', `${budget.wallSeconds} seconds have passed`);
    if (budget.cpuSeconds !== null && cpuSeconds >= budget.cpuSeconds)
      return new StoppedError('budget', `${budget.cpuSeconds} CPU seconds are spent`);
    return null;
  }

  end(): void {
    this.bench.settle();
  }
}
