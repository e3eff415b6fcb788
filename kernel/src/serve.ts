/** Wires the parts of a kernel together and starts the workbench at once: of all that is started it takes longest. */
import {
  Composer,
  createSigner,
  newSessionId,
  type ConnectionInfo,
  type ServerSockets,
} from '@policybook/wire';
import { CellsLoader } from './cells-loader';
import { dispatch } from './dispatch';
import { ExecutionQueue } from './execution/execution-queue';
import { createPolicybookCellRunner } from './execution/run-policybook-cell';
import { collectGarbageEarly } from './heap';
import type { Kernel } from './kernel';
import { createLifetime } from './lifetime';
import { watchParent } from './parent-poller';
import { Publisher, type Send } from './publisher';
import { CellRequestServer } from './cell-requests/cell-request-server';
import { resolveRunsFolder } from './runs-folder';
import { EvaluatorClient } from './subkernels/evaluator-client';
import {
  createRuntimeFolder,
  makeCellRequestsPath,
  removeAbandonedFolders,
} from './subkernels/runtime-folder';
import { Workbench } from './subkernels/workbench';
import { createWorkbenchService } from './subkernels/workbench-service';

const HOUSEKEEPING_AFTER_MS = 3_000;

/** Starts a kernel behind sockets that are bound; `connectionFile` is the name of the one it was given. */
export function serve(
  sockets: ServerSockets,
  connection: ConnectionInfo,
  connectionFile: string,
  env: NodeJS.ProcessEnv,
): void {
  const log = (text: string): void => void process.stderr.write(`policybook: ${text.trimEnd()}\n`);
  const signer = createSigner(connection.key, connection.signatureScheme);
  const composer = new Composer(signer, newSessionId(), env['USER'] ?? 'policybook');
  const send: Send = (channel, frames) => {
    sockets.send(channel, frames);
  };
  const publisher = new Publisher(composer, send);
  const folder = createRuntimeFolder();
  const python = env['POLICYBOOK_PYTHON'] ?? 'python';
  const cwd = process.cwd();
  const { key, signatureScheme } = connection;
  const host = { python, cwd, folder, key, signatureScheme, composer };

  const sessionName = env['JPY_SESSION_NAME'];
  // Python cells may leave the folder that they start in, and `pb` still has to find the notebook's runs.
  const requests = makeCellRequestsPath(folder);
  const runs = resolveRunsFolder({ sessionName, cwd });
  const workbenchEnv = { ...env, POLICYBOOK_RUNS: runs, POLICYBOOK_REQUESTS: requests };
  const idled = (): void => {
    executionQueue.repeatBusyStatus();
  };
  const workbench = new Workbench({
    host,
    env: workbenchEnv,
    connectionFile,
    send,
    publisher,
    onIdle: idled,
    log,
  });
  const evaluator = new EvaluatorClient({ host, env, module: 'policybook.evaluator', log });
  const service = createWorkbenchService(workbench);
  const loader = new CellsLoader({ evaluator, workbench: service, cwd, env, python, sessionName, log });
  const cells = () => loader.load();
  const runOurs = createPolicybookCellRunner(cells, { workbench, publisher, composer, send });
  const executionQueue = new ExecutionQueue({ workbench, publisher, send, runPolicybookCell: runOurs });
  workbench.onDeath((reason) => {
    executionQueue.onWorkbenchDeath(reason);
  });
  const asked = new CellRequestServer(requests, cells, publisher, log);
  const lifetime = createLifetime(folder, executionQueue, [asked, loader], { workbench, evaluator }, sockets);
  const kernel: Kernel = {
    connection,
    composer,
    publisher,
    send,
    workbench,
    executionQueue,
    cells,
    log,
    pythonVersion: env['POLICYBOOK_PYTHON_VERSION'] ?? '3',
    stop: lifetime.stop,
    exit: lifetime.exit,
  };

  sockets.listen(signer, composer, {
    listening: () => {
      publisher.publishStatus('starting');
      // Starting a process holds this one up for 5 to 30 ms: what clients have asked by now is answered first.
      setImmediate(() => {
        workbench.start();
      });
    },
    message: (channel, message) => {
      dispatch(channel, message, kernel);
    },
    problem: log,
  });
  listenToProcess(kernel, env['JPY_PARENT_PID']);
  // Not now, as nothing waits for it: one reads the whole folder for temporary files, and with the other Node would not
  // take its own code from its cache.
  setTimeout(() => {
    removeAbandonedFolders();
    collectGarbageEarly();
  }, HOUSEKEEPING_AFTER_MS).unref();
}

/** Signals and the parent's death; a fault of ours is logged, and kills nobody's variables. */
function listenToProcess(kernel: Kernel, parent: string | undefined): void {
  const leave = (): void => {
    void kernel.stop().then(() => kernel.exit(0));
  };
  process.on('SIGTERM', leave);
  process.on('SIGHUP', leave);
  process.on('SIGINT', () => {
    if (kernel.executionQueue.interrupt()) kernel.workbench.interruptExpressions();
    else kernel.workbench.interrupt();
  });
  process.on('unhandledRejection', (error) => {
    kernel.log(
      `unhandled rejection: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
  });
  watchParent(parent, leave);
}
