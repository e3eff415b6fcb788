import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  listRuns,
  openRecorded,
  openReplicatedRun,
  openRun,
  readReplicatedRun,
  readRun,
  splitReplicate,
  type OpenedReplicatedRun,
} from '@policybook/store';
import { toySettings } from '../engine/simulation';
import { clocks, declaration, declared, opened, stopped, temporaryFolder } from './fixtures';

const root = temporaryFolder();

async function repeated(repeat: number, seed = 0, again = false): Promise<OpenedReplicatedRun> {
  const found = await openReplicatedRun(root(), { ...declaration({ again }, { seed }), repeat });
  if (!found.ok) throw new Error(`${found.code}: ${found.message}`);
  return found.value;
}

async function writeReplicate(path: string, replicate: number): Promise<void> {
  const { folder } = await opened(path, declaration({ run: String(replicate) }, { seed: 100 + replicate }));
  await folder.append(declared({ seed: 100 + replicate }), clocks);
  await folder.append(stopped('exhausted'), clocks);
  await folder.close();
}

test('each replicate is a run folder of its own, found under RUN/N', async () => {
  const { path, replaced, close } = await repeated(2);
  await writeReplicate(path, 1);
  await writeReplicate(path, 2);
  await close();
  expect(replaced).toBeNull();
  expect(await readReplicatedRun(root(), 'first')).toMatchObject({ repeat: 2, replicates: [1, 2] });
  expect((await listRuns(root())).map(({ run }) => run)).toEqual(['first/1', 'first/2']);
  const second = await readRun(root(), 'first/2');
  expect(second.ok && second.value.events[0]).toMatchObject({ settings: { seed: 102 } });
  const again = await openRecorded(root(), 'first/2');
  expect(again.ok).toBe(true);
  if (again.ok) await again.value.folder.close();
  expect(splitReplicate('first~1/2')).toEqual({ run: 'first~1', replicate: 2 });
  expect(splitReplicate('first')).toEqual({ run: 'first', replicate: null });
});

test('more replicates are no other declaration: those that are there stay', async () => {
  const before = await repeated(1);
  await writeReplicate(before.path, 1);
  await before.close();
  const { replaced, changed, close } = await repeated(3);
  await close();
  expect({ replaced, changed }).toEqual({ replaced: null, changed: [] });
  expect(await readReplicatedRun(root(), 'first')).toMatchObject({ repeat: 3, replicates: [1] });
});

test('a changed declaration takes the name, and so does a run that was not repeated before, or no longer is', async () => {
  await (await repeated(2)).close();
  const changed = await repeated(2, 7);
  await changed.close();
  expect(changed).toMatchObject({
    replaced: 'first~1',
    changed: [{ path: 'seed', before: '0', after: '7' }],
  });
  const single = await opened(root(), declaration({}, { seed: 7 }));
  await single.folder.close();
  expect(single).toMatchObject({
    replaced: 'first~1',
    changed: [{ path: '', before: 'a repeated run', after: 'a run' }],
  });
  const repeatedAgain = await repeated(2, 7);
  await repeatedAgain.close();
  expect(repeatedAgain).toMatchObject({
    replaced: 'first~1',
    changed: [{ path: '', before: 'a run', after: 'a repeated run' }],
  });
  expect((await readdir(root())).sort()).toEqual(['first', 'first~1', 'first~2', 'first~3']);
  const oldest = await readFile(join(root(), 'first~3', 'repeats.json'), 'utf8');
  expect(JSON.parse(oldest)).toEqual({ format: 2, repeat: 2, settings: toySettings({ seed: 0 }) });
});

test('where repeats.json cannot be read, its path and what helps are said, and its replicates are listed', async () => {
  const { path, close } = await repeated(1);
  await writeReplicate(path, 1);
  await close();
  await writeFile(join(path, 'repeats.json'), '{"repeat": ');
  await expect(readReplicatedRun(root(), 'first')).rejects.toMatchObject({
    code: 'record_broken',
    message: expect.stringContaining(`${join(path, 'repeats.json')} cannot be read`) as string,
  });
  expect((await listRuns(root())).map(({ run }) => run)).toEqual(['first/1']);
  await (await repeated(1)).close();
  expect(await readReplicatedRun(root(), 'first')).toMatchObject({ repeat: 1, replicates: [1] });
});

test('while it is open nobody else writes it or moves it away', async () => {
  const held = await repeated(2);
  expect(await openReplicatedRun(root(), { ...declaration(), repeat: 2 })).toMatchObject({
    code: 'run_locked',
  });
  expect(await openRun(root(), declaration())).toMatchObject({ code: 'run_locked' });
  await held.close();
  await held.close();
  expect(await readdir(join(root(), 'first'))).not.toContain('.lock');
});
