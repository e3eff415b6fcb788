/** Runs and comparisons that go on, by their names: those in the background, which go on after their cells have ended, and the others. */
import type { CellExecution } from '../../cell-service';
import { refuse, succeed, type CellFailure, type CellResult } from '../errors/cell-failure';
import type { OutputSink } from '../outputs/output-sink';

/** What goes on in the background, as its cell declares it. */
export interface BackgroundWork {
  /** Name of the run or the comparison. */
  readonly name: string;
  /** Whether the cell ends at once. */
  readonly background: boolean;
  /** The name of the error that refuses a second writer. */
  readonly error: 'RunError' | 'CompareError';
}

/** How work in the background has ended. */
export interface EndedWork {
  readonly result: CellResult<null>;
  /** What was said of it meanwhile that a reader of its result should know, a line each. */
  readonly warnings: readonly string[];
}

/** The most warnings of one run that are kept for those who wait for it. */
const MAX_WARNINGS = 20;

interface BackgroundRun extends Pick<BackgroundWork, 'error'> {
  readonly controller: AbortController;
  readonly ended: Promise<EndedWork>;
  /** What it is doing now, for people, and which of its replicates does; `null` before it has said so. */
  activity: { readonly name: string; readonly text: string } | null;
}

/** What is informed of a run or a comparison. */
interface ActivityObserver<E extends readonly unknown[], P> {
  onEvent(...event: E): void;
  onProgress(progress: P): void;
}

/** The runs and comparisons of one notebook that go on in the background. */
export class BackgroundRuns {
  private readonly running = new Map<string, BackgroundRun>();
  /** What a cell does itself. Nothing but a click can end it beside the kernel's interrupt: all other cells wait. */
  private readonly inCells = new Map<string, Pick<BackgroundRun, 'controller' | 'ended'>>();
  private readonly ended = new Map<string, EndedWork>();

  /** Refuses what would write into a run or comparison that goes on, `null` where it does not. A replicate goes on with its whole. */
  refuseIfRunning(name: string): CellFailure | null {
    const whole = takeWhole(name);
    const running = this.running.get(whole);
    if (running === undefined) return null;
    return refuse(
      running.error,
      `${whole} goes on in the background: %wait ${whole} waits for it, %stop ${whole} ends it`,
    );
  }

  /**
   * Does the work in the cell; with `background`, lets the cell end at once and goes on after it, in which case a
   * failure is written under the cell, and is kept, with all warnings, until the name is worked on again. The work must
   * end soon after its sink's signal aborts.
   */
  runInCell(
    { name, background, error }: BackgroundWork,
    execution: CellExecution,
    work: (sink: OutputSink) => Promise<CellResult<null>>,
  ): Promise<CellResult<null>> {
    this.ended.delete(name);
    const controller = new AbortController();
    if (!background) return this.workInCell(name, controller, execution, work);
    const warnings: string[] = [];
    const ended = refuseFaults(work(createBackgroundSink(execution, controller.signal, warnings))).then(
      (result) => {
        this.running.delete(name);
        const end = { result, warnings };
        this.ended.set(name, end);
        if (!result.ok) execution.stream('stderr', `${result.name}: ${result.message}\n`);
        return end;
      },
    );
    this.running.set(name, { controller, ended, error, activity: null });
    return Promise.resolve(succeed(null));
  }

  /** Makes an observer of a run, a replicate or a comparison that also notes what it is doing, where that is in the background. */
  watch<E extends readonly unknown[], P extends { readonly activity: string }>(
    name: string,
    observer: ActivityObserver<E, P>,
  ): ActivityObserver<E, P> {
    return {
      onEvent: (...event) => {
        observer.onEvent(...event);
      },
      onProgress: (progress) => {
        const running = this.running.get(takeWhole(name));
        if (running !== undefined) running.activity = { name, text: progress.activity };
        observer.onProgress(progress);
      },
    };
  }

  /** Finds what a run, a replicate or a comparison is doing now; empty where it does not go on in the background. */
  findActivity(name: string): string {
    const activity = this.running.get(takeWhole(name))?.activity ?? null;
    if (activity === null || (takeWhole(name) !== name && activity.name !== name)) return '';
    return activity.name === name ? activity.text : `${activity.name}: ${activity.text}`;
  }

  /** Resolves with how the run ends; `undefined` where it is not running. */
  waitFor(run: string): Promise<EndedWork> | undefined {
    return this.running.get(run)?.ended;
  }

  /** Finds how the run has ended in the background of this kernel; `undefined` where it has not. */
  findEnded(run: string): EndedWork | undefined {
    return this.ended.get(run);
  }

  private async workInCell(
    name: string,
    controller: AbortController,
    execution: CellExecution,
    work: (sink: OutputSink) => Promise<CellResult<null>>,
  ): Promise<CellResult<null>> {
    const signal = AbortSignal.any([execution.signal, controller.signal]);
    const result = work({
      signal,
      display: (data, metadata) => execution.display(data, metadata),
      stream: (stream, text) => {
        execution.stream(stream, text);
      },
    });
    const ended = refuseFaults(result).then((reached) => ({ result: reached, warnings: [] }));
    this.inCells.set(name, { controller, ended });
    try {
      return await result;
    } finally {
      this.inCells.delete(name);
    }
  }

  /** Ends the run, in the background or in its cell, and resolves with how it ended; `undefined` where it is not running. */
  stop(run: string): Promise<EndedWork> | undefined {
    const running = this.running.get(run) ?? this.inCells.get(run);
    running?.controller.abort();
    return running?.ended;
  }

  /** Ends all of them; everything that was found is kept. */
  async dispose(): Promise<void> {
    await Promise.all([...this.running.keys()].map(async (run) => this.stop(run)));
  }
}

/** Takes the name of the run that a replicate is of; that of anything else is its own. */
function takeWhole(name: string): string {
  return name.replace(/\/.*$/, '');
}

/** Makes a failure of what an error of ours has ended. */
const refuseFaults = (work: Promise<CellResult<null>>): Promise<CellResult<null>> =>
  work.catch((error: unknown) =>
    refuse('PolicybookFault', error instanceof Error ? error.message : String(error)),
  );

/** Creates the sink of background work, which also keeps in `warnings` what goes to stderr and is no notice. */
function createBackgroundSink(execution: CellExecution, signal: AbortSignal, warnings: string[]): OutputSink {
  return {
    signal,
    display: (data, metadata) => execution.display(data, metadata),
    notice: (text) => {
      execution.stream('stderr', text);
    },
    stream: (name, text) => {
      if (name === 'stderr' && warnings.length < MAX_WARNINGS) warnings.push(text.trimEnd());
      execution.stream(name, text);
    },
  };
}
