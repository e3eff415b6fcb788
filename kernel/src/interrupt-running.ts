/** What an interrupt means, whichever way it comes: as a message or as a signal. */
import type { Kernel } from './kernel';

/**
 * Aborts the policybook cell that runs, with what it has Python evaluate. The result says whose the interrupt is:
 * `cell` where such a cell ran and has been aborted, `workbench` where Python is busy and has still to be interrupted
 * by the caller, and `nothing` where all is idle. An idle workbench must not be signalled: it may still be starting,
 * when a signal would end it.
 */
export function interruptRunning({
  executionQueue,
  workbench,
}: Pick<Kernel, 'executionQueue' | 'workbench'>): 'cell' | 'workbench' | 'nothing' {
  if (executionQueue.interrupt()) {
    workbench.interruptExpressions();
    return 'cell';
  }
  return workbench.isBusy() ? 'workbench' : 'nothing';
}
