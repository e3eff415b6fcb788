/** The kernel's end: in order where it is requested, at once where the process has no time left. */
import { LINGER_MS, type ServerSockets } from '@policybook/wire';
import type { ExecutionQueue } from './execution/execution-queue';
import type { EvaluatorClient } from './subkernels/evaluator-client';
import { removeRuntimeFolder } from './subkernels/runtime-folder';
import type { Workbench } from './subkernels/workbench';

/**
 * Jupyter allows 2.5 s before it sends SIGTERM, and last messages may take {@link LINGER_MS} of them. Subkernels are gone
 * by then: they have the part of this time that the cells before them leave, to end in good order.
 */
const STOP_MS = 1_500;
const CELLS_STOP_MS = 1_000;

/** A part of the kernel that ends before the subkernels do. */
export interface DisposablePart {
  dispose(): Promise<void>;
}

/** The two steps by which a kernel ends. */
export interface Lifetime {
  /** Ends the running cell, the cells, and both subkernels. Idempotent. */
  readonly stop: () => Promise<void>;
  /** Sends what is queued; the process ends when clients have it, or have not read it in libzmq's linger time. */
  readonly exit: (code: number) => Promise<void>;
}

/** What a kernel's end has to end. */
export interface LifetimeOptions {
  /** The runtime folder, which goes with the process. */
  readonly folder: string;
  readonly executionQueue: ExecutionQueue;
  readonly cells: readonly DisposablePart[];
  readonly workbench: Workbench;
  readonly evaluator: EvaluatorClient;
  readonly sockets: ServerSockets;
}

/** Prepares the kernel's end, and from now on lets no subkernel and no runtime folder outlive the process. */
export function createLifetime(options: LifetimeOptions): Lifetime {
  const { folder, executionQueue, cells, workbench, evaluator, sockets } = options;
  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    const end = performance.now() + STOP_MS;
    const computeLeft = (): number => end - performance.now();
    // The cells first: to end well, a policybook cell needs the workbench for its record, and all of them the evaluator.
    const running = waitAtMost(CELLS_STOP_MS, executionQueue.close());
    const disposed = waitAtMost(CELLS_STOP_MS, Promise.all(cells.map((each) => each.dispose())));
    await Promise.all([
      running.then(() => workbench.stop(computeLeft())),
      Promise.all([running, disposed]).then(() => evaluator.stop(computeLeft())),
    ]);
  };
  // Whatever way the process ends, no subkernel stays behind.
  process.on('exit', () => {
    workbench.kill();
    evaluator.kill();
    removeRuntimeFolder(folder);
  });
  return {
    stop: () => (stopping ??= stop()),
    exit: async (code) => {
      await sockets.close();
      // `process.exit` would not wait for what libzmq still has to deliver; an event loop that runs dry does. What else
      // may hold the loop, such as a stderr that the user's child processes share, holds it no longer than that.
      process.exitCode = code;
      setTimeout(() => process.exit(code), LINGER_MS).unref();
    },
  };
}

/** Resolves with the promise, or when its time is up; a rejection is no reason to stay either. */
async function waitAtMost(ms: number, promise: Promise<unknown>): Promise<void> {
  const timeout = new Promise<void>((resolve) => setTimeout(resolve, ms).unref());
  await Promise.race([promise.catch(() => undefined), timeout]);
}
