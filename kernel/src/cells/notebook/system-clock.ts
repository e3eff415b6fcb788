/** The clock of the machine, by which runs, comparisons and audits measure wall time. */
import type { Clock } from '@policybook/engine';

/** The longest wait that Node's timers take; a longer one would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Measures by the machine's monotonic clock. A timer of its own does not keep the kernel alive. */
export const SYSTEM_CLOCK: Clock = {
  now: () => performance.now(),
  callAfter: (milliseconds, action) => {
    const timer = setTimeout(action, Math.min(milliseconds, MAX_TIMER_MS)).unref();
    return () => {
      clearTimeout(timer);
    };
  },
};
