/** Ends the kernel when the server that started it is gone, as ipykernel does: no client could reach it any more. */

const INTERVAL_MS = 1_000;
const INIT_PID = 1;

/** Calls `onGone` once the parent has ended. Without `declared` (JPY_PARENT_PID) nothing is watched; init never ends. */
export function watchParent(declared: string | undefined, onGone: () => void): void {
  if (!declared || Number(declared) === INIT_PID) return;
  const original = process.ppid;
  const timer = setInterval(() => {
    // An orphan from the start is one whose parent was killed while we were loading.
    if (process.ppid === original && original !== INIT_PID) return;
    clearInterval(timer);
    onGone();
  }, INTERVAL_MS);
  timer.unref();
}
