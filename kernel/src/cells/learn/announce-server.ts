/** Where a run may be worked on from outside, as a file that programs of the same user find: `policybook mcp RUN` reads it. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AnnouncedServer } from '@policybook/authors';
import type { Notebook } from '../notebook/notebook';

/**
 * Writes the address and the token of a run's server into the kernel's own folder, beside its key, where only the
 * user reads it. The function that it returns takes the file away.
 */
export async function announceServer(
  { services }: Pick<Notebook, 'services'>,
  { run, url, token }: AnnouncedServer,
): Promise<() => Promise<void>> {
  const name = `agent-${encodeURIComponent(run)}.json`;
  const path = join(services.runtimeFolder, name);
  const content = { run, folder: services.cwd, url, token };
  await rm(path, { force: true });
  await writeFile(path, JSON.stringify(content), { mode: 0o600, flag: 'wx' });
  return () => rm(path, { force: true });
}
