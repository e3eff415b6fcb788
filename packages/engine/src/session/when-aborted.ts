/**
 * One listener for all that wait for a signal. A race makes dozens of requests at once under one signal, and Node takes many
 * listeners of a signal for a leak; so they share one, which is removed when the last of them leaves.
 */

/** The listener of one signal, and the functions that it calls. */
interface SharedListener {
  readonly all: Set<() => void>;
  readonly stop: () => void;
}

const listeners = new WeakMap<AbortSignal, SharedListener>();

/** Calls `wake` when the signal aborts, unless the returned function was called before. The signal must not have aborted yet. */
export function callWhenAborted(signal: AbortSignal, wake: () => void): () => void {
  const { all, stop } = listeners.get(signal) ?? listen(signal);
  // Several may wait with the same function.
  const waiter = (): void => {
    wake();
  };
  all.add(waiter);
  return () => {
    if (all.delete(waiter) && all.size === 0) stop();
  };
}

function listen(signal: AbortSignal): SharedListener {
  const all = new Set<() => void>();
  const abort = (): void => {
    stop();
    for (const wake of [...all]) wake();
  };
  const stop = (): void => {
    signal.removeEventListener('abort', abort);
    listeners.delete(signal);
  };
  signal.addEventListener('abort', abort);
  const listener = { all, stop };
  listeners.set(signal, listener);
  return listener;
}
