/**
 * Waiting for a signal beside many others. A race asks dozens of requests at once under one signal, and what has many
 * listeners is taken for a leak; so all who wait share one, which goes when the last of them leaves.
 */
interface Waiting {
  readonly all: Set<() => void>;
  readonly stop: () => void;
}

const waiting = new WeakMap<AbortSignal, Waiting>();

/** Calls `wake` when the signal aborts, unless the returned function was called before. Not for one that has aborted. */
export function whenAborted(signal: AbortSignal, wake: () => void): () => void {
  const { all, stop } = waiting.get(signal) ?? listened(signal);
  // Several may wait with the same function.
  const waiter = (): void => {
    wake();
  };
  all.add(waiter);
  return () => {
    if (all.delete(waiter) && all.size === 0) stop();
  };
}

function listened(signal: AbortSignal): Waiting {
  const all = new Set<() => void>();
  const abort = (): void => {
    stop();
    for (const wake of [...all]) wake();
  };
  const stop = (): void => {
    signal.removeEventListener('abort', abort);
    waiting.delete(signal);
  };
  signal.addEventListener('abort', abort);
  const begun = { all, stop };
  waiting.set(signal, begun);
  return begun;
}
