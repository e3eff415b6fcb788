/** How a session ends before its loop does. */

/** Ends a session that cannot go on: Stop was pressed, a clock has reached its limit, or what it needs is broken or, where it pauses, out of order for a while. */
export class StoppedError extends Error {
  override readonly name = 'Stopped';

  constructor(
    readonly reason: 'budget' | 'interrupted' | 'paused' | 'failed',
    message: string,
    /** Whether the message says how many episodes the environment's faults have ended. */
    readonly saysLosses = false,
  ) {
    super(message);
  }
}

/** Creates the end of a session that the user has stopped. */
export const createInterrupt = (): StoppedError => new StoppedError('interrupted', 'stopped by hand');

/** Creates the end of a session whose steps do not suffice for one more episode. */
export const createStepsSpent = (): StoppedError =>
  new StoppedError('budget', 'the budget of steps is spent');

/** The record has other events than this version computes at this point. Nothing was appended. */
export class RecordDivergedError extends Error {
  override readonly name = 'Diverged';
  readonly code = 'record_diverged';

  constructor(
    /** Position in the record, from 0. */
    readonly position: number,
    readonly recorded: string,
    readonly found: string,
  ) {
    super(
      `the record cannot be continued: event ${position + 1} is ${recorded}, this version computes ${found}`,
    );
  }
}
