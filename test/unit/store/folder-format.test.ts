/** Folders that another version of policybook wrote: refused with a sentence, never read and never written to. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  listComparisons,
  listRuns,
  openComparison,
  openRecorded,
  openReplicatedRun,
  openRun,
  readComparison,
  readReplicatedRun,
  readRun,
} from '@policybook/store';
import { writeLine } from '../../../packages/store/src/line';
import { formatOtherFormat } from '../../../packages/store/src/record';
import { answered, clocks, declaration, declared, opened, stopped, temporaryFolder } from './fixtures';

const root = temporaryFolder();
const ADVICE =
  'policybook 0.1 opens it. Running its cell again makes a new folder of this name and keeps this one under the name with ~1 at its end.';

/** The lines of a record whose first event has the format `format`; none for the first version's. */
function recordOf(format: number | null, events: readonly object[]): string {
  let chain = '';
  const lines = events.map((event, index) => {
    // A member that is undefined is not written.
    const written = index > 0 ? event : { ...event, format: format ?? undefined };
    const line = writeLine(chain, written, { at: '2026-11-24T03:00:00.000Z', ...clocks });
    chain = line.chain;
    return line.text;
  });
  return lines.join('');
}

/** A run folder as another version left it; returns its record. */
async function runOfFormat(format: number | null, run = 'first', within = root()): Promise<string> {
  const { folder } = await opened(within, declaration({ run }));
  await folder.close();
  const text = recordOf(format, [declared(), answered(0), stopped('exhausted')]);
  await writeFile(join(within, run, 'events.jsonl'), text);
  return text;
}

test('reading one says what it is, where it lies and what to do', async () => {
  const before = await runOfFormat(null);
  const read = await readRun(root(), 'first');
  expect(read).toMatchObject({
    ok: true,
    value: { events: [], unreadable: { code: 'other_format', line: 1 } },
  });
  const message = read.ok ? read.value.unreadable?.message : '';
  expect(message).toBe(
    `${join(root(), 'first')} was written by policybook 0.1 (run folder of format 1); this version reads format 2. ` +
      `Nothing in the folder was changed. ${ADVICE}`,
  );
  expect(await readFile(join(root(), 'first', 'events.jsonl'), 'utf8')).toBe(before);
});

test.each(['first~1', 'first~2/3'])('a cell can do nothing for %s, which gave up its name', (run) => {
  expect(formatOtherFormat(join(root(), run), 1, run.includes('/'))).toMatch(
    /policybook 0\.1 opens it; nothing else is to be done\.$/,
  );
});

test('listing shows it as one that cannot be read, next to those that can', async () => {
  await runOfFormat(null);
  const { folder } = await opened(root(), declaration({ run: 'second' }));
  await folder.append(declared(), clocks);
  await folder.close();
  const listed = (await listRuns(root())).map(({ run, unreadable }) => [run, unreadable?.code ?? null]);
  expect(listed).toEqual([
    ['first', 'other_format'],
    ['second', null],
  ]);
});

test('adding to one is refused, and its lock given back', async () => {
  const before = await runOfFormat(null);
  const refused = await openRecorded(root(), 'first');
  expect(refused).toMatchObject({ ok: false, code: 'other_format' });
  expect(refused.ok ? '' : refused.message).toContain(ADVICE);
  expect(await readdir(join(root(), 'first'))).not.toContain('.lock');
  expect(await readFile(join(root(), 'first', 'events.jsonl'), 'utf8')).toBe(before);
});

test.each([null, 3])('learning under its name leaves it whole as first~1 (format %j)', async (format) => {
  const before = await runOfFormat(format);
  const { folder, events, replaced, changed, otherFormat } = await opened(root());
  await folder.append(declared(), clocks);
  await folder.close();
  expect({ events, replaced }).toEqual({ events: [], replaced: 'first~1' });
  expect(changed).toEqual([]);
  expect(otherFormat).toBe(
    format === null ? 'format 1 by policybook 0.1' : 'format 3 by a later version of policybook',
  );
  expect(await readFile(join(root(), 'first~1', 'events.jsonl'), 'utf8')).toBe(before);
  const again = await opened(root());
  expect(again.events).toEqual([declared()]);
  await again.folder.close();
});

test('a later format is not said to be an old one', async () => {
  await runOfFormat(3);
  const read = await readRun(root(), 'first');
  expect(read.ok && read.value.unreadable?.message).toContain('by a later version of policybook');
});

test('a repeated run of it is moved aside, and its replicates say why they are not read', async () => {
  const declaredRepeats = { ...declaration(), repeat: 1 };
  const first = await openReplicatedRun(root(), declaredRepeats);
  if (!first.ok) throw new Error(first.message);
  await first.value.close();
  await runOfFormat(null, '1', join(root(), 'first'));
  await writeFile(
    join(root(), 'first', 'repeats.json'),
    JSON.stringify({ repeat: 1, settings: { old: true } }),
  );
  expect(await readReplicatedRun(root(), 'first')).toMatchObject({ repeat: 1 });
  expect(await readRun(root(), 'first/1')).toMatchObject({
    value: {
      unreadable: {
        code: 'other_format',
        message: expect.stringMatching(
          /policybook 0\.1 opens it\. Running the cell of first again makes a new folder first and keeps the one there is, with all its replicates, as first~1\.$/,
        ) as string,
      },
    },
  });
  const second = await openReplicatedRun(root(), declaredRepeats);
  if (!second.ok) throw new Error(second.message);
  await second.value.close();
  expect(second.value.replaced).toBe('first~1');
});

test('a comparison of it is shown as unreadable, and its cell begins a new one', async () => {
  const settings = { ...declared(), contestants: [] };
  const comparison = { ...declaration(), comparison: 'bench', settings: settings as never };
  const first = await openComparison(root(), comparison);
  if (!first.ok) throw new Error(first.message);
  await first.value.folder.close();
  const text = recordOf(null, [{ type: 'comparison_declared', comparison: 'bench', settings: { old: 1 } }]);
  await writeFile(join(root(), 'bench', 'comparison.jsonl'), text);
  expect(await readComparison(root(), 'bench')).toMatchObject({ unreadable: { code: 'other_format' } });
  expect(await listComparisons(root())).toMatchObject([{ lines: [], unreadable: { line: 1 } }]);
  const second = await openComparison(root(), comparison);
  expect(second).toMatchObject({ ok: true, value: { replaced: 'bench~1', lines: [] } });
  if (second.ok) await second.value.folder.close();
});

test('a damaged first line is damaged, and of no other format', async () => {
  const text = await runOfFormat(null);
  await writeFile(join(root(), 'first', 'events.jsonl'), text.replace('"seed":0', '"seed":7'));
  expect(await openRun(root(), declaration())).toMatchObject({ ok: false, code: 'record_broken' });
});
