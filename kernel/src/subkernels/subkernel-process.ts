/** A child process that leads its own process group, so that it and what it started can be signalled as one. */
import { spawn } from 'node:child_process';

/** A started child process. */
export interface SubkernelProcess {
  readonly pid: number | undefined;
  /** Resolves with a sentence about how it ended; never rejects. */
  readonly exited: Promise<string>;
  /** True until `exited` has resolved. */
  isAlive(): boolean;
  /** The last 2,000 characters that it wrote to stderr, for reports of its death. */
  readStderrTail(): string;
  terminate(): void;
  /** Kills the whole group, at once. */
  kill(): void;
}

const STDERR_TAIL_CHARS = 2_000;

/** Starts Python in a process group of its own. A failure to start is reported by `exited`, never thrown. */
export function spawnSubkernel(
  python: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  cwd: string,
): SubkernelProcess {
  const child = spawn(python, args, {
    cwd,
    // The poller in ipykernel ends the child when its parent is no longer this process; the inherited value
    // names the Jupyter server, which would switch that off.
    env: { ...env, JPY_PARENT_PID: String(process.pid) },
    // ipykernel signals its own children only as leader of its group.
    detached: true,
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  let isAlive = true;
  let words = '';
  child.stderr.setEncoding('utf8');
  child.stderr.on('data', (text: string) => {
    words = (words + text).slice(-STDERR_TAIL_CHARS);
    process.stderr.write(text);
  });
  const exited = new Promise<string>((resolve) => {
    const end = (how: string): void => {
      isAlive = false;
      resolve(how);
    };
    child.on('error', (error) => {
      end(`could not be started (${error.message})`);
    });
    // Not 'close': a grandchild may hold stderr open long after.
    child.on('exit', (code, signal) => {
      end(signal ? `was ended by ${signal}` : `ended with exit code ${code ?? 0}`);
    });
  });
  const signalGroup = (signal: NodeJS.Signals): void => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, signal);
    } catch {
      // The group is gone already.
    }
  };
  return {
    pid: child.pid,
    exited,
    isAlive: () => isAlive,
    readStderrTail: () => words.trim(),
    terminate: () => {
      if (isAlive) child.kill('SIGTERM');
    },
    kill: () => {
      signalGroup('SIGKILL');
    },
  };
}
