/** The live outputs of a `%%compare` cell: performance profiles, and tables. */
import {
  conclude,
  countCommonEpisodes,
  type ComparisonEvent,
  type ComparisonObserver,
  type ComparisonProgress,
  type ComparisonState,
  type Conclusion,
  type Evaluator,
} from '@policybook/engine';
import { buildComparisonFigureBundle, drawComparison, buildComparisonTableBundle } from '@policybook/views';
import type { CellExecution, DisplayHandle } from '../../cell-service';
import { FigurePicture } from './figure-picture';
import { ThrottledOutput } from './throttled-output';

/** Least milliseconds between two updates: a table that flickers cannot be read. */
const UPDATE_MS = 1000;

interface CachedConclusion {
  readonly episodes: number;
  readonly conclusion: Conclusion | null;
  /** The time from which on it may be done again: with many contestants and replicates it takes a second. */
  readonly next: number;
}

/** Shows a comparison while contestants enter and play, and its conclusion in the end. */
export class ComparisonDisplay implements ComparisonObserver {
  private readonly output = new ThrottledOutput<string>(UPDATE_MS, (activity) => {
    this.show(activity);
  });
  private readonly picture: FigurePicture;
  private state: ComparisonState | null;
  private concluded: CachedConclusion = { episodes: 0, conclusion: null, next: 0 };
  private activity = '';
  private figureDisplay: DisplayHandle | undefined;
  private tableDisplay: DisplayHandle | undefined;

  /** `state` is that of earlier sessions, `null` for a new comparison. */
  constructor(
    private readonly cell: Pick<CellExecution, 'display'>,
    evaluator: Evaluator,
    state: ComparisonState | null,
  ) {
    this.picture = new FigurePicture(evaluator);
    this.state = state;
  }

  onEvent(_event: ComparisonEvent, state: ComparisonState): void {
    this.state = state;
    this.output.set(this.activity);
  }

  onProgress({ activity, episodes, expectedEpisodes, stepsPerSecond }: ComparisonProgress): void {
    const pace = stepsPerSecond > 0 ? `, ${Math.round(stepsPerSecond).toLocaleString('en-US')} steps/s` : '';
    const played = `${episodes.toLocaleString('en-US')} of ${expectedEpisodes.toLocaleString('en-US')} episodes`;
    this.activity = `${activity} · ${played}${pace}`;
    this.output.set(this.activity);
  }

  /**
   * Makes the last update; the picture may take `pictureMs` milliseconds. `activity` is what the comparison is doing now, empty
   * where it does not go on.
   */
  async finish(state: ComparisonState, pictureMs: number, activity = ''): Promise<void> {
    this.state = state;
    this.output.flush();
    await this.picture.finish(drawComparison(state, this.concludeWhenDue(state)), pictureMs);
    this.output.set(activity);
    this.output.flush();
  }

  /** Makes the last update after an error has ended the session: nothing is said to go on, and no update follows. */
  showError(): void {
    this.picture.abandon();
    this.output.set('ended by an error');
    this.output.flush();
  }

  private show(activity: string): void {
    if (this.state === null) return;
    const conclusion = this.concludeWhenDue(this.state);
    const table = buildComparisonTableBundle(this.state, conclusion, activity);
    if (this.tableDisplay === undefined) this.tableDisplay = this.cell.display(table);
    else this.tableDisplay.update(table);
    // Tables change while there is nothing to draw yet.
    if (conclusion === null) return;
    const figure = buildComparisonFigureBundle(this.state, conclusion, this.picture.latest);
    if (this.figureDisplay === undefined) this.figureDisplay = this.cell.display(figure);
    else this.figureDisplay.update(figure);
  }

  /** Concludes again when another block was played, but never for more than a tenth of the time. */
  private concludeWhenDue(state: ComparisonState): Conclusion | null {
    if (state.stopped !== null) return state.stopped.conclusion;
    const episodes = countCommonEpisodes(state);
    const began = performance.now();
    if (episodes > this.concluded.episodes && began >= this.concluded.next) {
      const conclusion = conclude(state);
      const took = performance.now() - began;
      this.concluded = { episodes, conclusion, next: began + 10 * took };
    }
    return this.concluded.conclusion;
  }
}
