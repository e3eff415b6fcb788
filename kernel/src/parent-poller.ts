/** Ends the kernel when the server that started it is gone, as ipykernel does: nobody could reach it any more. */

const INTERVAL_MS = 1_000;
const INIT_PID = 1;

/** `declared` is JPY_PARENT_PID; without it nobody asked to be watched, and a server that is init never ends. */
export function watchParent(declared: string | undefined, gone: () => void): void {
  if (!declared || Number(declared) === INIT_PID) return;
  const original = process.ppid;
  const timer = setInterval(() => {
    // An orphan from the start is one whose parent was killed while we were loading.
    if (process.ppid === original && original !== INIT_PID) return;
    clearInterval(timer);
    gone();
  }, INTERVAL_MS);
  timer.unref();
}
