/** What goes on after its cell has ended: runs and comparisons in the background, by their names. */
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

interface BackgroundRun extends Pick<BackgroundWork, 'error'> {
  readonly controller: AbortController;
  readonly ended: Promise<CellResult<null>>;
}

/** The runs and comparisons of one notebook that go on in the background. */
export class BackgroundRuns {
  private readonly running = new Map<string, BackgroundRun>();

  /** Refuses what would write into a run or comparison that goes on, `null` where it does not. A replicate goes on with its whole. */
  refuseIfRunning(name: string): CellFailure | null {
    const whole = name.replace(/\/.*$/, '');
    const running = this.running.get(whole);
    if (running === undefined) return null;
    return refuse(
      running.error,
      `${whole} goes on in the background: %wait ${whole} waits for it, %stop ${whole} ends it`,
    );
  }

  /**
   * Does the work in the cell; with `background`, lets the cell end at once and goes on after it, in which case a
   * failure is written under the cell. The work must end soon after its sink's signal aborts.
   */
  runInCell(
    { name, background, error }: BackgroundWork,
    execution: CellExecution,
    work: (sink: OutputSink) => Promise<CellResult<null>>,
  ): Promise<CellResult<null>> {
    if (!background) return work(execution);
    const controller = new AbortController();
    const ended = work(createBackgroundSink(execution, controller.signal))
      .catch((error: unknown) =>
        refuse('PolicybookFault', error instanceof Error ? error.message : String(error)),
      )
      .then((result) => {
        this.running.delete(name);
        if (!result.ok) execution.stream('stderr', `${result.name}: ${result.message}\n`);
        return result;
      });
    this.running.set(name, { controller, ended, error });
    return Promise.resolve(succeed(null));
  }

  /** Resolves with how the run ends; `undefined` where it is not running. */
  waitFor(run: string): Promise<CellResult<null>> | undefined {
    return this.running.get(run)?.ended;
  }

  /** Ends the run and resolves with how it ended; `undefined` where it is not running. */
  stop(run: string): Promise<CellResult<null>> | undefined {
    const running = this.running.get(run);
    running?.controller.abort();
    return running?.ended;
  }

  /** Ends all of them; everything that was found is kept. */
  async dispose(): Promise<void> {
    await Promise.all([...this.running.keys()].map(async (run) => this.stop(run)));
  }
}

function createBackgroundSink(execution: CellExecution, signal: AbortSignal): OutputSink {
  return {
    signal,
    display: (data, metadata) => execution.display(data, metadata),
    stream: (name, text) => {
      execution.stream(name, text);
    },
  };
}
