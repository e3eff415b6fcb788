/**
 * The entry of the kernel: `node kernel.cjs -f CONNECTION_FILE`. Binds, starts the workbench, which takes
 * longest, and wires the rest together meanwhile.
 */
import { basename } from 'node:path';
import {
  bindServer,
  Composer,
  createSigner,
  newSessionId,
  readConnectionFile,
  type ConnectionInfo,
} from '@policybook/wire';
import { CellsLoader } from './cells-loader';
import { CommTable } from './comm-table';
import { dispatch } from './dispatch';
import { Lane } from './execution/lane';
import { createRunner } from './execution/run-ours';
import type { Kernel } from './kernel';
import { createLifetime } from './lifetime';
import { watchParent } from './parent-poller';
import { Publisher, type Send } from './publisher';
import { runsFolder } from './runs-folder';
import { EvaluatorClient } from './subkernels/evaluator-client';
import { createRuntimeFolder, sweep } from './subkernels/runtime-folder';
import { Workbench } from './subkernels/workbench';
import { workbenchService } from './subkernels/workbench-service';

async function main(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const path = argv[argv.indexOf('-f') + 1];
  if (!argv.includes('-f') || path === undefined) throw new Error('usage: kernel.cjs -f CONNECTION_FILE');
  const file = readConnectionFile(path);
  if (!file.ok) throw new Error(file.message);
  await serve(file.info, basename(path), env);
}

async function serve(
  connection: ConnectionInfo,
  connectionFile: string,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const log = (text: string): void => void process.stderr.write(`policybook: ${text.trimEnd()}\n`);
  const signer = createSigner(connection.key, connection.signatureScheme);
  const composer = new Composer(signer, newSessionId(), env['USER'] ?? 'policybook');
  const sockets = await bindServer(connection, signer, composer);
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
  const workbenchEnv = { ...env, POLICYBOOK_RUNS: runsFolder({ sessionName, cwd }) };
  const workbench = new Workbench({ host, env: workbenchEnv, connectionFile, send, publisher, log });
  workbench.start();
  const evaluator = new EvaluatorClient({ host, env, module: 'policybook.evaluator', log });
  const service = workbenchService(workbench);
  const loader = new CellsLoader({ evaluator, workbench: service, cwd, env, python, sessionName, log });
  const cells = () => loader.load();
  const runOurs = createRunner(cells, { workbench, publisher, composer, send });
  const lane = new Lane({ workbench, publisher, send, runOurs });
  workbench.onDeath((reason) => {
    lane.workbenchDied(reason);
  });
  const lifetime = createLifetime(folder, lane, loader, { workbench, evaluator }, sockets);
  const kernel: Kernel = {
    connection,
    composer,
    publisher,
    send,
    workbench,
    lane,
    cells,
    log,
    comms: new CommTable(cells, publisher),
    pythonVersion: env['POLICYBOOK_PYTHON_VERSION'] ?? '3',
    stop: lifetime.stop,
    exit: lifetime.exit,
  };

  sockets.listen({
    message: (channel, message) => {
      dispatch(channel, message, kernel);
    },
    problem: log,
  });
  publisher.status('starting');
  listenToProcess(kernel, env['JPY_PARENT_PID']);
  setImmediate(sweep);
}

/** Signals and the parent's death; a fault of ours is logged, and kills nobody's variables. */
function listenToProcess(kernel: Kernel, parent: string | undefined): void {
  const leave = (): void => {
    void kernel.stop().then(() => kernel.exit(0));
  };
  process.on('SIGTERM', leave);
  process.on('SIGHUP', leave);
  process.on('SIGINT', () => {
    if (!kernel.lane.interrupt()) kernel.workbench.interrupt();
  });
  process.on('unhandledRejection', (error) => {
    kernel.log(
      `unhandled rejection: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
  });
  watchParent(parent, leave);
}

main(process.argv.slice(2), process.env).catch((error: unknown) => {
  process.stderr.write(
    `policybook: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exit(1);
});
