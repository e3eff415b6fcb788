/** What goes on after its cell has ended: runs and comparisons in the background, by their names. */
import type { CellExecution } from '../../cell-service';
import { refuse, succeed, type CellFailure, type CellResult } from '../errors/cell-failure';
import type { OutputSink } from '../outputs/output-sink';

interface BackgroundRun {
  readonly controller: AbortController;
  readonly ended: Promise<CellResult<null>>;
}

/** The runs and comparisons of one notebook that go on in the background. */
export class BackgroundRuns {
  private readonly running = new Map<string, BackgroundRun>();

  /** Refuses what would write into a run or comparison that goes on, `null` where it does not. A replicate goes on with its whole. */
  refuseIfRunning(name: string): CellFailure | null {
    const whole = name.replace(/\/.*$/, '');
    if (!this.running.has(whole)) return null;
    return refuse(
      'RunError',
      `${whole} goes on in the background: %wait ${whole} waits for it, %stop ${whole} ends it`,
    );
  }

  /**
   * Does the work in the cell; with `background`, lets the cell end at once and goes on after it, in which case a
   * failure is written under the cell. The work must end soon after its sink's signal aborts.
   */
  runInCell(
    { run, background }: { readonly run: string; readonly background: boolean },
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
        this.running.delete(run);
        if (!result.ok) execution.stream('stderr', `${result.name}: ${result.message}\n`);
        return result;
      });
    this.running.set(run, { controller, ended });
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
