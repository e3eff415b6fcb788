/** A Jupyter kernel that belongs to policybook's: a process, and the client sockets by which it is driven over ipc. */
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

/** A started subkernel. */
export interface Subkernel {
  readonly process: SubkernelProcess;
  readonly sockets: ClientSockets;
  /** Asks it to end, insists after most of the time, and kills it with the last; resolves when it has ended. */
  stopSubkernel(ms: number): Promise<void>;
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

/** How one subkernel is started. */
export interface SubkernelPlan {
  /** Unique among the sockets of the folder. */
  readonly name: string;
  readonly connectionFile: string;
  readonly env: NodeJS.ProcessEnv;
  /** Arguments of Python, given the path of the connection file. */
  args(connectionFile: string): readonly string[];
}

/** The part of the time that a subkernel has to end, from 0 to 1, before it gets SIGTERM. */
const GRACE_SHARE = 0.6;
const PORTS = { shell: 1, iopub: 2, stdin: 3, control: 4, hb: 5 };

/** Starts the process and connects to it; what is sent before it listens waits. */
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
  return { process, sockets, stopSubkernel: (ms) => stop(process, sockets, host.composer, ms) };
}

async function stop(
  process: SubkernelProcess,
  sockets: ClientSockets,
  composer: Composer,
  ms: number,
): Promise<void> {
  if (!process.isAlive()) return;
  sockets.send('control', composer.compose('shutdown_request', { restart: false }).frames);
  const terminate = setTimeout(() => {
    process.terminate();
  }, GRACE_SHARE * ms);
  const kill = setTimeout(() => {
    process.kill();
  }, ms);
  await process.exited;
  clearTimeout(terminate);
  clearTimeout(kill);
}
