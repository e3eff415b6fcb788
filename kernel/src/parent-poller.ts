/** Ends the kernel when the server that started it is gone, as ipykernel does: nobody could reach it any more. */

const INTERVAL_MS = 1_000;

/** `declared` is JPY_PARENT_PID; without it nobody asked to be watched. */
export function watchParent(declared: string | undefined, gone: () => void): void {
  const original = process.ppid;
  // A parent of 1 is a container's init, or was gone before we looked: there is nothing to wait for.
  if (!declared || original === 1) return;
  const timer = setInterval(() => {
    if (process.ppid === original) return;
    clearInterval(timer);
    gone();
  }, INTERVAL_MS);
  timer.unref();
}
