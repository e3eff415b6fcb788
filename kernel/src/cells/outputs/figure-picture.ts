/** The picture of a figure for readers without policybook's renderer. Matplotlib draws it, rarely, while the run or comparison goes on. */
import type { Evaluator } from '@policybook/engine';
import type { PlotlyFigure } from '@policybook/views';

/** Least milliseconds between two pictures while something is going on. */
const PICTURE_INTERVAL_MS = 15_000;
/** The size of a picture in pixels. */
const PICTURE_SIZE = { width: 800, height: 420 };

/** Draws the picture of one figure, at most one at a time. */
export class FigurePicture {
  /** The latest picture, a PNG in base64; `undefined` until the first was drawn. */
  latest: string | undefined;
  private isDrawing = false;
  private startedAt = Number.NEGATIVE_INFINITY;
  private readonly finished = new AbortController();

  constructor(private readonly evaluator: Evaluator) {}

  /** Starts a picture unless one is under way or was started a moment ago; `onDrawn` is called when it is drawn. */
  refresh(figure: () => PlotlyFigure, onDrawn: () => void): void {
    if (
      this.isDrawing ||
      this.finished.signal.aborted ||
      performance.now() - this.startedAt < PICTURE_INTERVAL_MS
    )
      return;
    this.isDrawing = true;
    this.startedAt = performance.now();
    const signal = AbortSignal.any([this.finished.signal, AbortSignal.timeout(PICTURE_INTERVAL_MS)]);
    void this.drawBetween(figure, onDrawn, signal);
  }

  /** Draws no more pictures, and gives up one under way. */
  abandon(): void {
    this.finished.abort();
  }

  /**
   * Draws the last picture; it gives up after `pictureMs` milliseconds and keeps the one before. A picture under way is
   * given up: it would come after the last one and take its place.
   */
  async finish(figure: PlotlyFigure, pictureMs: number): Promise<void> {
    this.abandon();
    await this.draw(figure, AbortSignal.timeout(pictureMs));
  }

  /** Draws a picture in between, for which nothing waits. One that cannot be drawn fails the last update, which draws it too. */
  private async drawBetween(
    figure: () => PlotlyFigure,
    onDrawn: () => void,
    signal: AbortSignal,
  ): Promise<void> {
    try {
      if (await this.draw(figure(), signal)) onDrawn();
    } catch {
      // What goes on must not end with a picture of it.
    } finally {
      this.isDrawing = false;
    }
  }

  /** Draws a picture and returns whether it is the latest now. */
  private async draw(figure: PlotlyFigure, signal: AbortSignal): Promise<boolean> {
    const drawn = await this.evaluator.request('figure.png', { figure, ...PICTURE_SIZE }, { signal });
    if (!drawn.ok || signal.aborted) return false;
    this.latest = drawn.value.png;
    return true;
  }
}
