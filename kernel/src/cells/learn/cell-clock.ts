/** The time that a `%%learn` cell may take by `wall:`, of which the run has what its preparation leaves. */
import { findClockLimit, UNLIMITED_BUDGET } from '@policybook/protocol';
import type { CellExecution } from '../../cell-service';
import { refuse, type CellFailure } from '../errors/cell-failure';
import { SYSTEM_CLOCK } from '../notebook/system-clock';

/** Measures a cell from its start, and ends its preparation where that takes all of `wall:`. */
export class CellClock {
  /** Aborts with the cell, and when its time is over. */
  readonly signal: AbortSignal;
  private readonly over = new AbortController();
  private place = '';

  /** `limit` is that of `wall:`, in seconds, `null` for unlimited; the cell has begun at `startedAt` by the system's clock. */
  constructor(
    private readonly limit: number | null,
    private readonly cell: Pick<CellExecution, 'signal'>,
    private readonly startedAt: number,
  ) {
    this.signal = AbortSignal.any([cell.signal, this.over.signal]);
  }

  /** Seconds since the cell began. */
  get seconds(): number {
    return (SYSTEM_CLOCK.now() - this.startedAt) / 1000;
  }

  /** Notes where the environment is for longer than a moment; `undefined` where it goes on. */
  notePlace(place: string | undefined): void {
    this.place = place ?? '';
  }

  /** Prepares a run of the environment, and says why it could not begin where its time is over before that. */
  async limitPreparation<T>(
    run: string,
    environment: string,
    prepare: () => Promise<T>,
  ): Promise<T | CellFailure> {
    const stopWaiting =
      this.limit === null
        ? () => undefined
        : SYSTEM_CLOCK.callAfter((this.limit - this.seconds) * 1000, () => {
            this.over.abort();
          });
    try {
      const prepared = await prepare();
      if (!this.over.signal.aborted || this.cell.signal.aborted) return prepared;
    } finally {
      stopWaiting();
    }
    const budget = { ...UNLIMITED_BUDGET, wallSeconds: this.limit };
    // A timer may wake a fraction of a millisecond before its time.
    const wallSeconds = Math.max(this.seconds, this.limit ?? 0);
    const passed = findClockLimit(budget, { wallSeconds, cpuSeconds: 0 }) ?? '`wall:` is over';
    const place = this.place === '' ? '' : `; it was ${this.place}`;
    return refuse(
      'RunError',
      `${passed} while ${environment} was looked at, before ${run} could begin${place}. Raise \`wall:\`, or declare ` +
        `it with the same keys in an %%environment cell, which looks at it once and whose time is not the run's.`,
    );
  }
}
