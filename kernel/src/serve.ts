/** Wires the parts of a kernel together and starts the workbench at once: of all that is started it takes longest. */
import {
  Composer,
  createSigner,
  createSessionId,
  type ConnectionInfo,
  type ServerSockets,
  type Signer,
} from '@policybook/wire';
import { CellRequestServer } from './cell-requests/cell-request-server';
import { CellsLoader } from './cells-loader';
import { dispatch } from './dispatch';
import { ExecutionQueue } from './execution/execution-queue';
import { createPolicybookCellRunner } from './execution/run-policybook-cell';
import { collectGarbageEarly } from './heap';
import { interruptRunning } from './interrupt-running';
import type { Kernel } from './kernel';
import { createLifetime } from './lifetime';
import { watchParent } from './parent-poller';
import { Publisher, type Send } from './publisher';
import { NotebookIdentity } from './notebook-identity';
import { readParentProcess } from './parent-process';
import { OWN_RUNS_VARIABLE, RUNS_VARIABLE } from './runs-folder';
import { EvaluatorClient } from './subkernels/evaluator-client';
import {
  createRuntimeFolder,
  makeCellRequestsPath,
  removeAbandonedFolders,
} from './subkernels/runtime-folder';
import { RunComms } from './run-comms';
import { Workbench } from './subkernels/workbench';
import { createWorkbenchService } from './subkernels/workbench-service';

const HOUSEKEEPING_AFTER_MS = 3_000;

/** What `serve` needs to start a kernel. */
export interface ServeOptions {
  /** Sockets that are bound already. */
  readonly sockets: ServerSockets;
  readonly connection: ConnectionInfo;
  /** The name of the connection file that the kernel was given. */
  readonly connectionFile: string;
  readonly env: NodeJS.ProcessEnv;
}

/** How the kernel speaks to its clients. */
interface Outlet {
  readonly signer: Signer;
  readonly composer: Composer;
  readonly send: Send;
  readonly publisher: Publisher;
}

/** Starts a kernel behind its sockets. It ends by itself, on a shutdown request, a signal, or its parent's end. */
export function serve(options: ServeOptions): void {
  const outlet = createOutlet(options);
  const kernel = createKernel(options, outlet);
  listenToClients(kernel, options.sockets, outlet);
  listenToProcess(kernel, options.env['JPY_PARENT_PID']);
  // Not now, as nothing waits for it: one reads the whole folder for temporary files, and with the other Node would not
  // take its own code from its cache.
  setTimeout(() => {
    removeAbandonedFolders();
    collectGarbageEarly();
  }, HOUSEKEEPING_AFTER_MS).unref();
}

function writeLog(text: string): void {
  process.stderr.write(`policybook: ${text.trimEnd()}\n`);
}

function createOutlet({ sockets, connection, env }: ServeOptions): Outlet {
  const signer = createSigner(connection.key, connection.signatureScheme);
  const composer = new Composer(signer, createSessionId(), env['USER'] ?? 'policybook');
  const send: Send = (channel, frames) => {
    sockets.send(channel, frames);
  };
  return { signer, composer, send, publisher: new Publisher(composer, send) };
}

/** Makes the subkernels, the queue and the cells; no process is started yet. */
function createKernel({ sockets, connection, connectionFile, env }: ServeOptions, outlet: Outlet): Kernel {
  const { composer, publisher, send } = outlet;
  const log = writeLog;
  const folder = createRuntimeFolder();
  const python = env['POLICYBOOK_PYTHON'] ?? 'python';
  const cwd = process.cwd();
  const identity = new NotebookIdentity({ cwd, env, readParent: () => readParentProcess(env) });
  const { key, signatureScheme } = connection;
  const host = { python, cwd, folder, key, signatureScheme, composer };
  const cellRequestsPath = makeCellRequestsPath(folder);
  const workbench = new Workbench({
    host,
    // Python cells may leave the folder that they start in, and `pb` still has to find the notebook's runs.
    env: () => ({
      ...env,
      [RUNS_VARIABLE]: identity.likelyRunsFolder,
      [OWN_RUNS_VARIABLE]: identity.likelyRunsFolder,
      POLICYBOOK_REQUESTS: cellRequestsPath,
    }),
    connectionFile,
    send,
    publisher,
    onIdle: () => {
      executionQueue.repeatBusyStatus();
    },
    log,
  });
  const runComms = new RunComms(publisher);
  const evaluator = new EvaluatorClient({ host, env, module: 'policybook.evaluator', log });
  const workbenchService = createWorkbenchService(workbench);
  const loader = new CellsLoader({
    evaluator,
    workbench: workbenchService,
    cwd,
    env,
    python,
    runtimeFolder: folder,
    identity,
    publishRuns: (runs) => {
      runComms.publishRuns(runs);
    },
    log,
  });
  const cells = () => loader.load();
  const runPolicybookCell = createPolicybookCellRunner(cells, {
    workbench,
    publisher,
    composer,
    send,
    identity,
  });
  const executionQueue = new ExecutionQueue({ workbench, publisher, send, runPolicybookCell });
  workbench.onDeath((reason) => {
    executionQueue.onWorkbenchDeath(reason);
  });
  const cellRequests = new CellRequestServer({
    path: cellRequestsPath,
    cells,
    publisher,
    workbench,
    identity,
    log,
  });
  const { stop, exit } = createLifetime({
    folder,
    executionQueue,
    cells: [cellRequests, loader],
    workbench,
    evaluator,
    sockets,
  });
  const pythonVersion = env['POLICYBOOK_PYTHON_VERSION'] ?? '3';
  return {
    connection,
    composer,
    publisher,
    send,
    workbench,
    executionQueue,
    identity,
    runComms,
    cells,
    pythonVersion,
    log,
    stop,
    exit,
  };
}

/** Takes requests from now on, and starts the workbench when those that had arrived are answered. */
function listenToClients(
  kernel: Kernel,
  sockets: ServerSockets,
  { signer, composer, publisher }: Outlet,
): void {
  sockets.listen(signer, composer, {
    onListening: () => {
      publisher.publishStatus('starting');
      // Starting a process holds this one up for 5 to 30 ms: requests that have arrived by now are answered first.
      setImmediate(() => {
        kernel.workbench.start();
      });
    },
    onMessage: (channel, message) => {
      dispatch(channel, message, kernel);
    },
    onDropped: kernel.log,
  });
}

/** Signals and the parent's death. A fault of policybook's is logged: ending the kernel would lose the user's variables. */
function listenToProcess(kernel: Kernel, parent: string | undefined): void {
  const leave = (): void => {
    void kernel.stop().then(() => kernel.exit(0));
  };
  process.on('SIGTERM', leave);
  process.on('SIGHUP', leave);
  process.on('SIGINT', () => {
    if (interruptRunning(kernel) === 'workbench') kernel.workbench.interrupt();
  });
  process.on('unhandledRejection', (error) => {
    kernel.log(
      `unhandled rejection: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
  });
  watchParent(parent, leave);
}
