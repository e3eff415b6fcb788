/** A Jupyter kernel of ours: a process, and the client sockets by which it is driven over ipc. */
import { join } from 'node:path';
import {
  connectClient,
  writeConnectionFile,
  type ClientEvents,
  type ClientSockets,
  type Composer,
  type ConnectionInfo,
} from '@policybook/wire';
import { spawnSubkernel, type SubkernelProcess } from './subkernel-process';

export interface Subkernel {
  readonly process: SubkernelProcess;
  readonly sockets: ClientSockets;
  /** Asks it to end, then insists; resolves when it has ended. */
  stop(): Promise<void>;
}

/** What all subkernels of one kernel share. */
export interface SubkernelHost {
  readonly python: string;
  readonly cwd: string;
  /** The runtime folder. */
  readonly folder: string;
  readonly key: string;
  readonly signatureScheme: string;
  readonly composer: Composer;
}

export interface SubkernelPlan {
  /** Unique among the sockets of the folder. */
  readonly name: string;
  readonly connectionFile: string;
  readonly env: NodeJS.ProcessEnv;
  /** Arguments of Python, given the path of the connection file. */
  args(connectionFile: string): readonly string[];
}

/** Jupyter sends SIGTERM to us 2.5 s after a shutdown request: what is stubborn must be gone well before. */
const TERMINATE_AFTER_MS = 900;
const KILL_AFTER_MS = 1_400;
const PORTS = { shell: 1, iopub: 2, stdin: 3, control: 4, hb: 5 };

export function startSubkernel(host: SubkernelHost, plan: SubkernelPlan, events: ClientEvents): Subkernel {
  const info: ConnectionInfo = {
    transport: 'ipc',
    ip: join(host.folder, plan.name),
    ports: PORTS,
    key: host.key,
    signatureScheme: host.signatureScheme,
  };
  const file = join(host.folder, plan.connectionFile);
  writeConnectionFile(file, info);
  const process = spawnSubkernel(host.python, plan.args(file), plan.env, host.cwd);
  const sockets = connectClient(info, 'policybook', events);
  void process.exited.then(() => {
    sockets.close();
  });
  return { process, sockets, stop: () => stop(process, sockets, host.composer) };
}

async function stop(process: SubkernelProcess, sockets: ClientSockets, composer: Composer): Promise<void> {
  if (!process.alive()) return;
  sockets.send('control', composer.compose('shutdown_request', { restart: false }).frames);
  const terminate = setTimeout(() => {
    process.terminate();
  }, TERMINATE_AFTER_MS);
  const kill = setTimeout(() => {
    process.kill();
  }, KILL_AFTER_MS);
  await process.exited;
  clearTimeout(terminate);
  clearTimeout(kill);
}
