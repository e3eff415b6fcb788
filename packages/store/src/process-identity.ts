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
  return { pid: process.pid, host: hostname(), started: await readStart(process.pid) };
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
  const now = await readStart(pid);
  return started === null || now === null || now === started;
}

async function readStart(pid: number): Promise<string | null> {
  if (process.platform === 'linux') return readLinuxStart(pid);
  if (process.platform === 'win32') return null;
  try {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)]);
    return stdout.trim() || null;
  } catch {
    return null;
  }
}

/** Reads the clock ticks from boot to the start of the process, and which boot it was: proc_pid_stat(5), field 22. */
async function readLinuxStart(pid: number): Promise<string | null> {
  const stat = await allowAbsent(readFile(`/proc/${pid}/stat`, 'utf8'));
  const boot = await allowAbsent(readFile('/proc/sys/kernel/random/boot_id', 'utf8'));
  // The second field is the program's name, which may hold spaces and parentheses.
  const ticks = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  return ticks === undefined ? null : `${boot?.trim() ?? ''}:${ticks}`;
}
