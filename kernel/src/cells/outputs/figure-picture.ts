/** The picture of a figure for readers without policybook's renderer. Matplotlib draws it, rarely, while the loop goes on. */
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
  private drawing: Promise<void> | undefined;
  private drawnAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly evaluator: Evaluator) {}

  /** Starts a picture unless one is under way or was drawn a moment ago; `onDrawn` is called when it is drawn. */
  refresh(figure: () => PlotlyFigure, onDrawn: () => void): void {
    if (this.drawing !== undefined || performance.now() - this.drawnAt < PICTURE_INTERVAL_MS) return;
    this.drawnAt = performance.now();
    this.drawing = this.draw(figure(), AbortSignal.timeout(PICTURE_INTERVAL_MS)).then(() => {
      this.drawing = undefined;
      onDrawn();
    });
  }

  /** Draws the last picture; it gives up after `pictureMs` milliseconds and keeps the one before. */
  async finish(figure: PlotlyFigure, pictureMs: number): Promise<void> {
    await this.draw(figure, AbortSignal.timeout(pictureMs));
  }

  private async draw(figure: PlotlyFigure, signal: AbortSignal): Promise<void> {
    const drawn = await this.evaluator.request('figure.png', { figure, ...PICTURE_SIZE }, { signal });
    if (drawn.ok) this.latest = drawn.value.png;
  }
}
