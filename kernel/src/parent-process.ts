/** The process that has started this kernel: a server, papermill, a script. */
import { spawnSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';

/** What can be known of it. */
export interface ParentProcess {
  /** The words of its command. */
  readonly words: readonly string[];
  /** Its working directory. */
  readonly cwd: string;
  /** Its own JPY_SESSION_NAME, as it was when it started; `undefined` where it had none or that cannot be known. */
  readonly sessionName: string | undefined;
}

/** How long `ps` may take. */
const PS_MS = 1_000;

/** Reads the process that has started this one; `null` where the system does not tell. Jupyter names it in JPY_PARENT_PID. */
export function readParentProcess(env: NodeJS.ProcessEnv): ParentProcess | null {
  const named = Number(env['JPY_PARENT_PID']);
  const pid = Number.isSafeInteger(named) && named > 1 ? named : process.ppid;
  if (process.platform === 'linux') return readLinuxProcess(pid);
  return process.platform === 'win32' ? null : readProcessByPs(pid);
}

function readLinuxProcess(pid: number): ParentProcess | null {
  try {
    const words = splitWords(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
    const variables = splitWords(readFileSync(`/proc/${pid}/environ`, 'utf8'));
    const session = variables.find((variable) => variable.startsWith('JPY_SESSION_NAME='));
    return {
      words,
      cwd: readlinkSync(`/proc/${pid}/cwd`),
      sessionName: session?.slice('JPY_SESSION_NAME='.length),
    };
  } catch {
    // It has ended, or it is another user's.
    return null;
  }
}

function splitWords(text: string): string[] {
  return text.split('\0').filter((word) => word !== '');
}

/** `ps` joins the words by blanks, so that a path with a blank in it is not found. */
function readProcessByPs(pid: number): ParentProcess | null {
  const { status, stdout } = spawnSync('ps', ['-o', 'command=', '-p', String(pid)], {
    encoding: 'utf8',
    timeout: PS_MS,
  });
  if (status !== 0) return null;
  return { words: stdout.trim().split(/\s+/), cwd: process.cwd(), sessionName: undefined };
}
