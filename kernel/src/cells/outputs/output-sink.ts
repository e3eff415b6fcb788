/** Where the outputs of a cell go. */
import type { CellExecution } from '../../cell-service';

/**
 * Where a run's outputs go while it learns, and the signal that ends it: its cell, or the background in which its cell
 * has left it. The outputs of a background run stay under the cell that started it.
 */
export interface OutputSink extends Pick<CellExecution, 'display' | 'stream' | 'signal'> {
  /** Writes to stderr what is of no use any more when the run has ended; absent where that differs in nothing from `stream`. */
  notice?(text: string): void;
}

/** Milliseconds that the last picture of a view may take when a cell was interrupted, which has to end within a second. */
const INTERRUPTED_PICTURE_MS = 400;
/** Milliseconds that the last picture of a view may take otherwise. */
const FINAL_PICTURE_MS = 10_000;
/** Milliseconds that the picture of a view of a finished record may take. */
export const RECORDED_PICTURE_MS = 5000;

/** Chooses the milliseconds that the last picture of a view may take when its work ends now. */
export const choosePictureTimeMs = ({ signal }: Pick<OutputSink, 'signal'>): number =>
  signal.aborted ? INTERRUPTED_PICTURE_MS : FINAL_PICTURE_MS;
