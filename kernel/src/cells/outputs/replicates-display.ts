/** The live outputs of a repeated `%%learn`: one plot of all replicates and one table of them. */
import type { Evaluator, RunObserver, RunState } from '@policybook/engine';
import {
  buildReplicatesFigure,
  buildReplicatesFigureBundle,
  buildReplicatesTableBundle,
  summariseReplicates,
  formatReplicatesTitle,
  type ReplicatedRun,
  type ReplicatesSummary,
} from '@policybook/views';
import type { CellExecution, DisplayHandle } from '../../cell-service';
import { FigurePicture } from './figure-picture';
import { ThrottledOutput } from './throttled-output';

/** Least milliseconds between two updates: a table that flickers cannot be read. */
const UPDATE_MS = 1000;

/** Shows the replicates of a repeated run while they learn, and their summary in the end. */
export class ReplicatesDisplay {
  private readonly states = new Map<number, RunState>();
  private readonly output = new ThrottledOutput<string>(UPDATE_MS, (activity) => {
    this.show(activity);
  });
  private readonly picture: FigurePicture;
  private summary: ReplicatesSummary | null = null;
  private ended = 0;
  private figureDisplay: DisplayHandle | undefined;
  private tableDisplay: DisplayHandle | undefined;

  constructor(
    private readonly cell: Pick<CellExecution, 'display'>,
    private readonly run: string,
    private readonly repeat: number,
    evaluator: Evaluator,
  ) {
    this.picture = new FigurePicture(evaluator);
  }

  /** Shows a replicate that is not going on. */
  add(replicate: number, state: RunState): void {
    this.states.set(replicate, state);
    this.output.set('');
  }

  /** Observes a replicate, counted from 1, and shows it while it learns. */
  observe(replicate: number): RunObserver {
    const name = `${this.run}/${replicate}`;
    return {
      onEvent: (event, state) => {
        this.states.set(replicate, state);
        if (event.type === 'champion_promoted')
          this.picture.refresh(
            () => this.buildFigure(),
            () => {
              this.output.set(name);
            },
          );
        this.output.set(name);
      },
      onProgress: ({ activity }) => {
        this.output.set(`${name}: ${activity}`);
      },
    };
  }

  /**
   * Makes the last update; the picture may take `pictureMs` milliseconds. `activity` is what the run is doing now, empty where it
   * does not go on.
   */
  async finish(pictureMs: number, activity = ''): Promise<void> {
    this.output.flush();
    await this.picture.finish(this.buildFigure(), pictureMs);
    this.output.set(activity);
    this.output.flush();
  }

  private buildFigure() {
    const whole = this.collect('');
    return buildReplicatesFigure(formatReplicatesTitle(whole, this.summarise(whole)), whole.replicates);
  }

  private show(activity: string): void {
    const whole = this.collect(activity);
    const summary = this.summarise(whole);
    const figure = buildReplicatesFigureBundle(whole, summary, this.picture.latest);
    const table = buildReplicatesTableBundle(whole, summary);
    if (this.figureDisplay === undefined) this.figureDisplay = this.cell.display(figure);
    else this.figureDisplay.update(figure);
    if (this.tableDisplay === undefined) this.tableDisplay = this.cell.display(table);
    else this.tableDisplay.update(table);
  }

  /** Summarises again when another replicate has ended, since the bootstrap takes time. */
  private summarise(whole: ReplicatedRun): ReplicatesSummary | null {
    const ended = whole.replicates.filter(({ state }) => state.stopped !== null).length;
    if (ended !== this.ended) this.summary = summariseReplicates(whole);
    this.ended = ended;
    return this.summary;
  }

  private collect(activity: string): ReplicatedRun {
    const replicates = [...this.states]
      .sort(([a], [b]) => a - b)
      .map(([replicate, state]) => ({ run: `${this.run}/${replicate}`, state }));
    return { run: this.run, repeat: this.repeat, replicates, activity };
  }
}
