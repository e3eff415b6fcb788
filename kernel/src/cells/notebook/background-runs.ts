/** What goes on after its cell has ended: runs in the background, by their names. */
import { refuse, type CellResult } from '../errors/cell-failure';

interface Running {
  readonly controller: AbortController;
  readonly ended: Promise<CellResult<null>>;
}

export class BackgroundRuns {
  private readonly running = new Map<string, Running>();

  has(run: string): boolean {
    return this.running.has(run);
  }

  names(): readonly string[] {
    return [...this.running.keys()];
  }

  /** `work` must end soon after its signal aborts; `told` hears how it ended, a fault of ours included. */
  begin(
    run: string,
    work: (signal: AbortSignal) => Promise<CellResult<null>>,
    told: (outcome: CellResult<null>) => void,
  ): void {
    const controller = new AbortController();
    const ended = work(controller.signal)
      .catch((error: unknown) =>
        refuse('PolicybookFault', error instanceof Error ? error.message : String(error)),
      )
      .then((outcome) => {
        this.running.delete(run);
        told(outcome);
        return outcome;
      });
    this.running.set(run, { controller, ended });
  }

  /** How it ends; `undefined` where it is not running. */
  ended(run: string): Promise<CellResult<null>> | undefined {
    return this.running.get(run)?.ended;
  }

  /** Ends it; `undefined` where it is not running. */
  stop(run: string): Promise<CellResult<null>> | undefined {
    const running = this.running.get(run);
    running?.controller.abort();
    return running?.ended;
  }

  /** Ends all of them, everything found being kept. */
  async dispose(): Promise<void> {
    await Promise.all(this.names().map(async (run) => this.stop(run)));
  }
}
