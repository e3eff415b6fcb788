/** A figure's picture for readers without our renderer: drawn by Matplotlib beside the loop, and rarely. */
import type { PlotlyFigure } from '@policybook/views';
import type { EvaluatorPort } from '../notebook/evaluator-port';

/** Least milliseconds between two pictures while something is going on. */
const interval = 15_000;
const size = { width: 800, height: 420 };

export class FigurePicture {
  /** PNG, base64; `undefined` until the first was drawn. */
  latest: string | undefined;
  private drawing: Promise<void> | undefined;
  private drawnAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly evaluator: EvaluatorPort) {}

  /** Starts a picture unless one is under way or was drawn a moment ago; `done` is told of a new one. */
  refresh(figure: () => PlotlyFigure, done: () => void): void {
    if (this.drawing !== undefined || performance.now() - this.drawnAt < interval) return;
    this.drawnAt = performance.now();
    this.drawing = this.draw(figure(), AbortSignal.timeout(interval)).then(() => {
      this.drawing = undefined;
      done();
    });
  }

  /** The last picture; gives up after `patience` milliseconds and keeps the one before. */
  async finish(figure: PlotlyFigure, patience: number): Promise<void> {
    await this.draw(figure, AbortSignal.timeout(patience));
  }

  private async draw(figure: PlotlyFigure, signal: AbortSignal): Promise<void> {
    const drawn = await this.evaluator.request('figure.png', { figure, ...size }, { signal });
    if (drawn.ok) this.latest = drawn.value.png;
  }
}
