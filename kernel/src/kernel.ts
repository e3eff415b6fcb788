/** What handlers work on: the parts of a running kernel, and nothing global. */
import type { Composer, ConnectionInfo } from '@policybook/wire';
import type { CellService } from './cell-service';
import type { ExecutionQueue } from './execution/execution-queue';
import type { NotebookIdentity } from './notebook-identity';
import type { Publisher, Send } from './publisher';
import type { RunComms } from './run-comms';
import type { Workbench } from './subkernels/workbench';

/** A running kernel. */
export interface Kernel {
  readonly connection: ConnectionInfo;
  readonly composer: Composer;
  readonly publisher: Publisher;
  readonly send: Send;
  readonly workbench: Workbench;
  readonly executionQueue: ExecutionQueue;
  readonly identity: NotebookIdentity;
  /** Where pages hear which runs there are, and speak to them. */
  readonly runComms: RunComms;
  /** Loads the language, which takes a moment: to be called for policybook cells only. */
  readonly cells: () => CellService;
  readonly pythonVersion: string;
  readonly log: (text: string) => void;
  /** Ends everything that the kernel started; idempotent. */
  readonly stop: () => Promise<void>;
  /** Leaves the process, once the last messages are out. */
  readonly exit: (code: number) => Promise<void>;
}
