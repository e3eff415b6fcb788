/** Opening a run that is there, whatever it was declared as: to add to its record, never to make one. */
import { join } from 'node:path';
import type { Result } from '@policybook/protocol';
import { orAbsent } from './files';
import { RunLock } from './lock';
import { recordName } from './declared';
import { checkName, lockName } from './named-folder';
import { goOn, type RecordedRun } from './open-run';
import { readRecord } from './record';
import { splitSearch } from './repeats';
import { asStoreError, StoreError } from './store-error';

/**
 * `root` is `policybook-runs/NOTEBOOK`. Failures: no_such_run, run_locked, record_broken, read_only, disk_full,
 * bad_name. The caller closes the folder.
 */
export async function openRecorded(root: string, run: string): Promise<Result<RecordedRun>> {
  const path = join(root, run);
  try {
    checkName(splitSearch(run).run);
    return { ok: true, value: await open(path) };
  } catch (error) {
    const known = asStoreError(error, path);
    if (known instanceof StoreError) return known.failure;
    throw known;
  }
}

async function open(path: string): Promise<RecordedRun> {
  if ((await orAbsent(readRecord(join(path, recordName)))) === null)
    throw new StoreError('no_such_run', `there is no run in ${path}`);
  const lock = await RunLock.take(join(path, lockName));
  try {
    // Read again: until the lock was taken, another kernel may have written.
    return await goOn(path, await readRecord(join(path, recordName)), lock);
  } catch (error) {
    await lock.release();
    throw error;
  }
}
