/** Programs of the user's that an author starts: without keys, and gone with all that they have started when they are over. */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type { Program, ProgramEnd } from '@policybook/authors';
import { selectEvaluatorEnvironment } from '../../subkernels/evaluator-environment';

/** The variable by whose value all processes of one program are known, those included that have left its group. */
const MARK = 'POLICYBOOK_PROGRAM';
/** How often processes are looked for: what one of them starts meanwhile is found by the next look. */
const MAX_LOOKS = 10;
/** Milliseconds that outputs are read for when a program is over and a process that is not found still holds them. */
const OUTPUT_GRACE_MS = 500;

/**
 * What the shell runs: the program, and beside it a watcher that holds the other end of a pipe of ours. When this process is
 * gone, however it ended, the pipe closes, and the watcher kills what has the mark, and then its own group with itself.
 */
const WATCHED = `(
  cat <&3
  read -r self rest </proc/self/stat
  for look in 1 2 3; do
    for found in $(grep -ls "${MARK}=$${MARK}" /proc/[0-9]*/environ); do
      found=\${found%/environ}; found=\${found#/proc/}
      test "$found" = "$self" || kill -KILL "$found"
    done
  done
  kill -KILL 0
) >/dev/null 2>&1 & exec 3<&-; eval "$1"`;

/** Runs a program to its end, its deadline, or until it is stopped; then all that it has started is killed. `notebook` is the notebook's folder. */
export function runProgram(program: Program, env: NodeJS.ProcessEnv, notebook: string): Promise<ProgramEnd> {
  const { command, folder, variables, pass, redact, deadline, mostBytes, signal } = program;
  const passed = Object.fromEntries(pass.map((name) => [name, env[name]]));
  const mark = randomUUID();
  const own = { ...variables, POLICYBOOK_NOTEBOOK: notebook, [MARK]: mark };
  const child = spawn('/bin/sh', ['-c', WATCHED, 'sh', command], {
    cwd: folder,
    env: { ...selectEvaluatorEnvironment(env), ...passed, ...own },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  const stdout = new OutputTail(child.stdout, mostBytes);
  const stderr = new OutputTail(child.stderr, mostBytes);
  const closed = new Promise<void>((resolve) =>
    child.once('close', () => {
      resolve();
    }),
  );
  const limit = AbortSignal.timeout(deadline);
  const killGroup = (): void => {
    if (child.pid !== undefined) kill(-child.pid);
  };
  const either = AbortSignal.any([signal, limit]);
  either.addEventListener('abort', killGroup, { once: true });
  if (either.aborted) killGroup();
  return new Promise((resolve) => {
    const end = (exitCode: number | null, how: string, isOverdue: boolean): void => {
      either.removeEventListener('abort', killGroup);
      resolve({ exitCode, how, isOverdue, stdout: stdout.read(redact), stderr: stderr.read(redact) });
    };
    child.on('error', (error) => {
      end(null, `could not be started (${error.message})`, false);
    });
    child.on('exit', (code, killedBy) => {
      const how = killedBy === null ? `ended with exit code ${code ?? 0}` : `was ended by ${killedBy}`;
      const isOverdue = limit.aborted;
      killGroup();
      // Its outputs close when all that hold them are gone.
      void killMarked(mark)
        .then(() => waitAtMost(closed, OUTPUT_GRACE_MS))
        .then(() => {
          child.stdout?.destroy();
          child.stderr?.destroy();
          end(code, how, isOverdue);
        });
    });
  });
}

/** Kills a process, or a group by its negative number. */
function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It is gone already.
  }
}

/** Kills all processes with a program's mark, where the system shows the environments of processes. */
async function killMarked(mark: string): Promise<void> {
  for (let look = 0; look < MAX_LOOKS; look++) {
    const found = await findMarked(mark);
    if (found.length === 0) return;
    for (const pid of found) kill(pid);
  }
}

async function findMarked(mark: string): Promise<readonly number[]> {
  const names = await readdir('/proc').catch(() => []);
  const looked = names
    .filter((name) => /^\d+$/.test(name))
    .map(async (name) => {
      const variables = await readFile(`/proc/${name}/environ`, 'latin1').catch(() => '');
      return variables.split('\0').includes(`${MARK}=${mark}`) ? [Number(name)] : [];
    });
  return (await Promise.all(looked)).flat();
}

async function waitAtMost(ended: Promise<void>, milliseconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([ended, late]);
  clearTimeout(timer);
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
      if (this.bytes > 3 * mostBytes) this.shorten(2 * mostBytes);
    });
  }

  /** Reads what is kept, with a line that says how much is not. Keys are taken out of more than that, so that none is cut in two. */
  read(redact: Program['redact']): string {
    const whole = Buffer.concat(this.chunks);
    this.chunks = [Buffer.from(redact(whole.toString('utf8')))];
    this.shorten(this.mostBytes);
    const text = Buffer.concat(this.chunks).toString('utf8');
    return this.dropped === 0 ? text : `(${this.dropped} bytes before are not kept)\n${text}`;
  }

  private shorten(most: number): void {
    const whole = Buffer.concat(this.chunks);
    const kept = whole.subarray(Math.max(0, whole.length - most));
    this.dropped += whole.length - kept.length;
    this.chunks = [kept];
    this.bytes = kept.length;
  }
}
