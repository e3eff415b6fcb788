/** Programs of the user's that an author starts: in a group of their own, without keys, and gone when they are over. */
import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { Program, ProgramEnd } from '@policybook/authors';
import { selectEvaluatorEnvironment } from '../../subkernels/evaluator-environment';

/**
 * What the shell runs: the program, and beside it a watcher that holds the other end of a pipe of ours. When this process is
 * gone, however it ended, the pipe closes and the watcher kills the whole group.
 */
const WATCHED = '(cat <&3; kill -KILL 0) >/dev/null 2>&1 & exec 3<&-; eval "$1"';

/** Runs a program to its end, its deadline, or until it is stopped; then all of its group is killed. `notebook` is the notebook's folder. */
export function runProgram(program: Program, env: NodeJS.ProcessEnv, notebook: string): Promise<ProgramEnd> {
  const { command, folder, variables, pass, deadline, mostBytes, signal } = program;
  const passed = Object.fromEntries(pass.map((name) => [name, env[name]]));
  const child = spawn('/bin/sh', ['-c', WATCHED, 'sh', command], {
    cwd: folder,
    env: { ...selectEvaluatorEnvironment(env), ...passed, ...variables, POLICYBOOK_NOTEBOOK: notebook },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  const stdout = new OutputTail(child.stdout, mostBytes);
  const stderr = new OutputTail(child.stderr, mostBytes);
  const limit = AbortSignal.timeout(deadline);
  const killGroup = (): void => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // The group is gone already.
    }
  };
  const either = AbortSignal.any([signal, limit]);
  either.addEventListener('abort', killGroup, { once: true });
  if (either.aborted) killGroup();
  return new Promise((resolve) => {
    let isOverdue = false;
    const end = (exitCode: number | null, how: string): void => {
      either.removeEventListener('abort', killGroup);
      resolve({ exitCode, how, isOverdue, stdout: stdout.read(), stderr: stderr.read() });
    };
    child.on('error', (error) => {
      end(null, `could not be started (${error.message})`);
    });
    child.on('exit', () => {
      isOverdue = limit.aborted;
      // What it has left running goes with it; its outputs close then.
      killGroup();
    });
    child.on('close', (code, killedBy) => {
      end(code, killedBy === null ? `ended with exit code ${code ?? 0}` : `was ended by ${killedBy}`);
    });
  });
}

/** The end of an output. */
class OutputTail {
  private chunks: Buffer[] = [];
  private bytes = 0;
  private dropped = 0;

  constructor(
    stream: Readable | null,
    private readonly mostBytes: number,
  ) {
    stream?.on('data', (chunk: Buffer) => {
      this.chunks.push(chunk);
      this.bytes += chunk.length;
      if (this.bytes > 2 * mostBytes) this.shorten();
    });
  }

  /** Reads what is kept, with a line that says how much is not. */
  read(): string {
    this.shorten();
    const text = Buffer.concat(this.chunks).toString('utf8');
    return this.dropped === 0 ? text : `(${this.dropped} bytes before are not kept)\n${text}`;
  }

  private shorten(): void {
    const whole = Buffer.concat(this.chunks);
    const kept = whole.subarray(Math.max(0, whole.length - this.mostBytes));
    this.dropped += whole.length - kept.length;
    this.chunks = [kept];
    this.bytes = kept.length;
  }
}
