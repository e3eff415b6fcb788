/** Which process this is, so that another one can tell later whether it still lives. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { promisify } from 'node:util';
import { z } from 'zod';
import { allowAbsent } from './files';
import { readSystemCode } from './store-error';

/** A process as a lock names it. */
export const processIdentity = z.object({
  pid: z.int().positive(),
  host: z.string(),
  /** When the process began, in the system's own terms, because pids are used again; `null` where it cannot be known. */
  started: z.string().nullable(),
});
/** The identity of a process, parsed. */
export type ProcessIdentity = z.infer<typeof processIdentity>;

/** The identity of this process. */
export async function identifyThisProcess(): Promise<ProcessIdentity> {
  return { pid: process.pid, host: hostname(), started: (await readProcess(process.pid)).started };
}

/** Whether the process may still run; another host's always may. */
export async function mayLive({ pid, host, started }: ProcessIdentity): Promise<boolean> {
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives and is another user's.
    if (readSystemCode(error) === 'ESRCH') return false;
  }
  const now = await readProcess(pid);
  if (now.isDead) return false;
  return started === null || now.started === null || now.started === started;
}

/** What the system says of a pid. */
interface ProcessState {
  /** Whether it has ended, and its parent has not asked yet how: such a pid still takes signals. */
  readonly isDead: boolean;
  readonly started: string | null;
}

const UNKNOWN: ProcessState = { isDead: false, started: null };

async function readProcess(pid: number): Promise<ProcessState> {
  if (process.platform === 'linux') return readLinuxProcess(pid);
  if (process.platform === 'win32') return UNKNOWN;
  try {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'stat=,lstart=', '-p', String(pid)]);
    const [, state = '', started = ''] = /^\s*(\S+)\s+(.*?)\s*$/s.exec(stdout) ?? [];
    return { isDead: state.startsWith('Z'), started: started || null };
  } catch {
    return UNKNOWN;
  }
}

/** Reads the state, the clock ticks from boot to the start, and which boot it was: proc_pid_stat(5), fields 3 and 22. */
async function readLinuxProcess(pid: number): Promise<ProcessState> {
  const stat = await allowAbsent(readFile(`/proc/${pid}/stat`, 'utf8'));
  const boot = await allowAbsent(readFile('/proc/sys/kernel/random/boot_id', 'utf8'));
  // The second field is the program's name, which may hold spaces and parentheses.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? [];
  const ticks = fields[19];
  return {
    isDead: /^[ZX]/.test(fields[0] ?? ''),
    started: ticks === undefined ? null : `${boot?.trim() ?? ''}:${ticks}`,
  };
}
