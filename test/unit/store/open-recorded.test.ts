import { appendFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openRecorded, readRun } from '@policybook/store';
import { answered, clocks, declared, opened, stopped, temporaryFolder } from './fixtures';

const root = temporaryFolder();

async function recorded(): Promise<void> {
  const { folder } = await opened(root());
  for (const event of [declared(), answered(0), stopped('exhausted')]) await folder.append(event, clocks);
  await folder.close();
}

test('adds to a finished run without making or moving anything', async () => {
  await recorded();
  const run = await openRecorded(root(), 'first');
  if (!run.ok) throw new Error(run.message);
  expect(run.value.events.map(({ type }) => type)).toEqual([
    'run_declared',
    'author_answered',
    'run_stopped',
  ]);
  expect(run.value.clocks).toEqual(clocks);
  await run.value.folder.append(answered(1), run.value.clocks);
  await run.value.folder.close();
  const read = await readRun(root(), 'first');
  expect(read.ok && read.value.unreadable).toBeNull();
  expect(read.ok && read.value.events).toHaveLength(4);
  expect(await readdir(root())).toEqual(['first']);
});

test('a torn end is repaired first', async () => {
  await recorded();
  await appendFile(join(root(), 'first', 'events.jsonl'), '{"event":{"ty');
  const run = await openRecorded(root(), 'first');
  expect(run.ok && run.value.repaired).toContain('cut short');
  if (run.ok) await run.value.folder.close();
});

test('a run that is not there, or that somebody writes, is refused', async () => {
  expect(await openRecorded(root(), 'first')).toMatchObject({ ok: false, code: 'no_such_run' });
  const { folder } = await opened(root());
  expect(await openRecorded(root(), 'first')).toMatchObject({ ok: false, code: 'run_locked' });
  await folder.close();
});
