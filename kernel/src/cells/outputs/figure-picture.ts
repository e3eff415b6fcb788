/** The picture of a figure for readers without policybook's renderer. Matplotlib draws it, rarely, while the run or comparison goes on. */
import type { Evaluator } from '@policybook/engine';
import { callWhenAborted } from '@policybook/engine/when-aborted';
import type { PlotlyFigure } from '@policybook/views';

/** Least milliseconds between two pictures while something is going on, and before the first. */
const PICTURE_INTERVAL_MS = 15_000;
/** The size of a picture in pixels. */
const PICTURE_SIZE = { width: 800, height: 420 };

/** Draws the picture of one figure, at most one at a time. */
export class FigurePicture {
  /** The latest picture, a PNG in base64; `undefined` until the first was drawn. */
  latest: string | undefined;
  /** The picture that is being drawn; it never rejects. */
  private drawing: Promise<void> | undefined;
  private startedAt = performance.now();
  private isFinished = false;

  constructor(private readonly evaluator: Evaluator) {}

  /** Starts a picture unless one is under way or was started a moment ago; `onDrawn` is called when it is drawn. */
  refresh(figure: () => PlotlyFigure, onDrawn: () => void): void {
    if (this.drawing || this.isFinished || performance.now() - this.startedAt < PICTURE_INTERVAL_MS) return;
    this.startedAt = performance.now();
    this.drawing = this.drawBetween(figure, onDrawn).finally(() => {
      this.drawing = undefined;
    });
  }

  /** Draws no more pictures, and shows none that is under way. */
  abandon(): void {
    this.isFinished = true;
  }

  /** Draws the last picture; it gives up after `pictureMs` milliseconds and keeps the one before. */
  async finish(figure: PlotlyFigure, pictureMs: number): Promise<void> {
    this.abandon();
    const signal = AbortSignal.timeout(pictureMs);
    // To cancel the picture under way would end the process that draws it, and another would import Matplotlib first.
    const timedOut = new Promise<void>((resolve) => callWhenAborted(signal, resolve));
    await Promise.race([this.drawing, timedOut]);
    const last = await this.draw(figure, signal);
    if (last !== undefined) this.latest = last;
  }

  /** Draws a picture in between, for which nothing waits. One that cannot be drawn fails the last update, which draws it too. */
  private async drawBetween(figure: () => PlotlyFigure, onDrawn: () => void): Promise<void> {
    try {
      const drawn = await this.draw(figure(), AbortSignal.timeout(PICTURE_INTERVAL_MS));
      // One that comes after the end must not take the place of the last.
      if (drawn === undefined || this.isFinished) return;
      this.latest = drawn;
      onDrawn();
    } catch {
      // What goes on must not end with a picture of it.
    }
  }

  /** Returns the picture; `undefined` where it could not be drawn in time. */
  private async draw(figure: PlotlyFigure, signal: AbortSignal): Promise<string | undefined> {
    const drawn = await this.evaluator.request('figure.png', { figure, ...PICTURE_SIZE }, { signal });
    return drawn.ok && !signal.aborted ? drawn.value.png : undefined;
  }
}
