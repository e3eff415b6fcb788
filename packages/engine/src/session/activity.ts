/** What a session is doing, for a progress line: a sentence, and the work of the requests under way. */
import { NO_PENDING_USAGE, type UsageRate } from './session-usage';

/** Remembers what is being done, so that every report of progress says it. */
export class ActivityReporter {
  private activity = '';

  /** `send` gets each report; the first of an activity has no work yet. */
  constructor(private readonly send: (activity: string, rate: UsageRate) => void) {}

  /** Says what is being done from here on. */
  announce(activity: string, isSilent = false): void {
    this.activity = activity;
    if (!isSilent) this.repeat();
  }

  /** Reports the activity again, of which something else than work has changed. */
  repeat(): void {
    this.report({ work: NO_PENDING_USAGE, stepsPerSecond: 0 });
  }

  /** Reports how far the activity has come. */
  report(rate: UsageRate): void {
    this.send(this.activity, rate);
  }
}
