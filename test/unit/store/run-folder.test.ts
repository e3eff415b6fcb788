import { appendFile, readFile, readdir, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { candidateId } from '@policybook/engine';
import { listRuns, readRun } from '@policybook/store';
import { z } from 'zod';
import { buildMeta, writeLine } from '../../../packages/store/src/line';
import { buildEvent } from '../../fixtures/run-events';
import { answered, clocks, declaration, declared, opened, stopped, temporaryFolder } from './fixtures';

const root = temporaryFolder();
/** All but the date, which decides in which order runs are listed. */
const TIMERS = [
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'setInterval',
  'setTimeout',
] as const;
const record = () => join(root(), 'first', 'events.jsonl');

async function written(events = [declared(), answered(0), answered(1)]): Promise<void> {
  const { folder } = await opened(root());
  for (const event of events) await folder.append(event, clocks);
  await folder.close();
}

test('a new run has its declaration, its versions and an empty record', async () => {
  const { folder, events, replaced } = await opened(root());
  expect({ events, replaced }).toEqual({ events: [], replaced: null });
  await folder.close();
  const text = (name: string) => readFile(join(root(), 'first', name), 'utf8');
  expect(await text('declaration.yaml')).toBe('# %%learn Toy-v0 as first\nepisodes: 3000\n');
  expect(JSON.parse(await text('environment.json'))).toEqual({ python: '3.11.2' });
  expect(await readdir(root())).toEqual(['first']);
});

test('events come back as they were, with the clocks beside the last', async () => {
  await written();
  const again = await opened(root());
  expect(again.events).toEqual([declared(), answered(0), answered(1)]);
  expect(again.clocks).toEqual(clocks);
  expect(again.repaired).toBeNull();
  await again.folder.close();
});

test('each line holds event, meta and a chain that any language can check', async () => {
  await written();
  let previous = '';
  for (const line of (await readFile(record(), 'utf8')).trimEnd().split('\n')) {
    const end = line.lastIndexOf(',"chain":"');
    const parsed: unknown = JSON.parse(line);
    const chain = createHash('sha256')
      .update(previous + line.slice(0, end))
      .digest('hex');
    expect(parsed).toMatchObject({ meta: clocks, chain });
    previous = chain;
  }
});

test('the first event of a later session is marked in the meta of its line', async () => {
  await written([declared()]);
  const { folder } = await opened(root());
  await folder.append(answered(0), clocks);
  await folder.append(answered(1), clocks);
  await folder.close();
  const lines = (await readFile(record(), 'utf8')).trimEnd().split('\n');
  expect(lines.map((line) => line.includes('"resumed":true'))).toEqual([false, true, false]);
});

describe('a record that was cut short', () => {
  test('goes on after its last whole line, wherever in a line it was', async () => {
    await written();
    const whole = await readFile(record());
    const lastLine = whole.lastIndexOf(0x0a, whole.length - 2) + 1;
    for (const cut of [lastLine + 1, lastLine + 40, whole.length - 2]) {
      await truncate(record(), cut);
      const { folder, events, repaired } = await opened(root());
      expect(events).toEqual([declared(), answered(0)]);
      expect(repaired).toContain('line 3');
      const kept = await readFile(`${record()}.torn-3`);
      expect(kept).toEqual(whole.subarray(lastLine, cut));
      await folder.append(answered(1), clocks);
      await folder.close();
      expect(await readRun(root(), 'first')).toMatchObject({ value: { unreadable: null } });
      await writeFile(record(), whole);
    }
  });

  test('loses nothing when only its last line’s end is missing', async () => {
    await written();
    await truncate(record(), (await stat(record())).size - 1);
    const { folder, events } = await opened(root());
    expect(events).toHaveLength(3);
    await folder.append(answered(2), clocks);
    await folder.close();
    expect(await readRun(root(), 'first')).toMatchObject({
      value: { unreadable: null, events: { length: 4 } },
    });
  });

  test('can be read while it is being written', async () => {
    await written();
    await appendFile(record(), '{"event":{"ty');
    expect(await readRun(root(), 'first')).toMatchObject({
      value: { unreadable: null, events: { length: 3 } },
    });
  });
});

test.each([
  ['a changed number', (text: string) => text.replace('"generation":0', '"generation":5'), 2],
  ['a missing line', (text: string) => text.split('\n').toSpliced(1, 1).join('\n'), 2],
  ['lines exchanged', (text: string) => [0, 2, 1, 3].map((i) => text.split('\n')[i] ?? '').join('\n'), 2],
  ['rubbish in the middle', (text: string) => text.replace('{"event":{"author"', 'x'), 2],
  ['an event of a kind unknown here', (text: string) => text.replaceAll('author_answered', 'dreamt'), 2],
])('%s is reported with its line, and not written over', async (_, damage, line) => {
  await written();
  const before = damage(await readFile(record(), 'utf8'));
  await writeFile(record(), before);
  await expect(opened(root())).rejects.toThrow(`events.jsonl, line ${line}`);
  expect(await readFile(record(), 'utf8')).toBe(before);
  expect(await readRun(root(), 'first')).toMatchObject({
    value: { unreadable: { line }, events: { length: 1 } },
  });
});

test('a byte changed anywhere is reported with its line, or costs nothing that was acknowledged', async () => {
  await written();
  const whole = await readFile(record());
  const ends = [...whole.entries()].flatMap(([at, byte]) => (byte === 0x0a ? [at] : []));
  for (let at = 0; at < whole.length; at += 3) {
    const damaged = Buffer.from(whole);
    damaged[at] = (damaged[at] ?? 0) ^ 0x04;
    await writeFile(record(), damaged);
    const { unreadable, events } = await read();
    const line = ends.findIndex((end) => at <= end) + 1;
    // The very last byte is a line's end and no part of an event.
    expect([at, unreadable?.line ?? null, events.length]).toEqual(
      at === whole.length - 1 ? [at, null, 3] : [at, line, line - 1],
    );
  }
});

test('the end of the last line may be damaged without the line', async () => {
  await written();
  const whole = await readFile(record());
  for (const end of ['X', '\0\0\0', 'XY {"ev']) {
    await writeFile(record(), Buffer.concat([whole.subarray(0, -1), Buffer.from(end)]));
    const { folder, events, repaired } = await opened(root());
    expect(events).toHaveLength(3);
    expect(repaired).toContain('the end of line 3 was damaged');
    expect(await readFile(`${record()}.torn-3`, 'utf8')).toBe(end);
    await folder.append(answered(2), clocks);
    await folder.close();
    expect(await read()).toMatchObject({ unreadable: null, events: { length: 4 } });
  }
});

test('bytes that never came to the disk are no corruption', async () => {
  await written();
  const whole = await readFile(record());
  await writeFile(record(), Buffer.concat([whole, Buffer.alloc(500), Buffer.from('\n')]));
  const { folder, events, repaired } = await opened(root());
  expect(events).toHaveLength(3);
  expect(repaired).toContain('line 4 was cut short');
  await folder.close();
});

async function read() {
  const stored = await readRun(root(), 'first');
  if (!stored.ok) throw new Error(stored.message);
  return stored.value;
}

test('a damaged declaration is no changed one', async () => {
  await written();
  const before = (await readFile(record(), 'utf8')).replace('"seed":0', '"seed":7');
  await writeFile(record(), before);
  await expect(opened(root())).rejects.toThrow('events.jsonl, line 1');
  expect(await readdir(root())).toEqual(['first']);
  expect(await readFile(record(), 'utf8')).toBe(before);
});

describe('a line whose chain fits and whose event this version would not write', () => {
  test.each([
    [
      'of an unknown type',
      { type: 'dreamt' },
      'this version knows no events of the type "dreamt"; a later version',
    ],
    ['without a type', { generation: 3 }, 'its event has no type; a later version'],
    [
      'that lacks what others of its type have',
      { type: 'author_answered', generation: 3 },
      'it has another form than this version writes (event.author: ',
    ],
    [
      'about a candidate that was never proposed',
      buildEvent('candidate_rejected', { candidate: candidateId.parse(2) }),
      'its event does not follow on those before it: there is no candidate 2',
    ],
  ])('%s is reported with its line and one sentence', async (_, event, said) => {
    await written();
    const last = (await readFile(record(), 'utf8')).trimEnd().split('\n').at(-1) ?? '';
    const { chain } = z.object({ chain: z.string() }).parse(JSON.parse(last));
    await appendFile(record(), writeLine(chain, event, buildMeta(clocks, new Date(), false)).text);
    const read = await readRun(root(), 'first');
    expect(read).toMatchObject({
      value: { events: { length: 3 }, unreadable: { code: 'record_broken' } },
    });
    const message = read.ok ? read.value.unreadable?.message : '';
    expect(message).toContain(`events.jsonl, line 4: ${said}`);
    expect(message).not.toMatch(/✖|\n/);
    await expect(opened(root())).rejects.toThrow(`line 4: ${said}`);
  });
});

describe('a record that something else changes while it is written', () => {
  test.each([
    ['removed', 'was removed', () => rm(record())],
    ['cut off', 'was changed by something else (it has 0 bytes and not', () => truncate(record(), 0)],
    ['added to', 'was changed by something else', () => appendFile(record(), '{}\n')],
    [
      'replaced',
      'was replaced by another file',
      async () => {
        const text = await readFile(record());
        await writeFile(`${record()}.new`, text);
        await rename(`${record()}.new`, record());
      },
    ],
  ])('%s: nothing more is written, and what was recorded is kept', async (_, said, change) => {
    const { folder } = await opened(root());
    for (const event of [declared(), answered(0)]) await folder.append(event, clocks);
    const whole = await readFile(record());
    await change();
    const left = await readFile(record()).catch(() => null);
    const refused: unknown = await folder.append(answered(1), clocks).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'record_lost' });
    expect(String(refused)).toContain(`${record()} ${said}`);
    expect(String(refused)).toContain(`kept in ${record()}.kept-1: put it in place of events.jsonl`);
    await expect(folder.append(answered(1), clocks)).rejects.toMatchObject({ code: 'record_lost' });
    await folder.close();
    expect(await readFile(record()).catch(() => null)).toEqual(left);
    expect(await readFile(`${record()}.kept-1`)).toEqual(whole);
    // What the message advises.
    await rename(`${record()}.kept-1`, record());
    const { folder: later, events } = await opened(root());
    expect(events).toEqual([declared(), answered(0)]);
    await later.close();
  });

  test('a session that goes on keeps what earlier ones recorded, too', async () => {
    await written();
    const whole = await readFile(record());
    const { folder } = await opened(root());
    await rm(record());
    await expect(folder.append(answered(2), clocks)).rejects.toMatchObject({ code: 'record_lost' });
    await folder.close();
    expect(await readFile(`${record()}.kept-1`)).toEqual(whole);
  });

  test('a folder that was removed is not made again', async () => {
    const { folder } = await opened(root());
    await folder.append(declared(), clocks);
    await rm(join(root(), 'first'), { recursive: true });
    const lost: Record<string, unknown> = {
      code: 'record_lost',
      message: expect.stringContaining('was removed while it was being written'),
    };
    await expect(folder.keepEpisodes('abcdef01', [])).rejects.toMatchObject(lost);
    await expect(folder.keepPolicy(candidateId.parse(1), 'abcdef01', '')).rejects.toMatchObject(lost);
    await expect(folder.calls.intend('ab12', {})).rejects.toMatchObject(lost);
    await expect(folder.append(answered(0), clocks)).rejects.toMatchObject(lost);
    await folder.close();
    expect(await readdir(root())).toEqual([]);
  });
});

test('policies are files under policies/, and one that is not there is named', async () => {
  const { folder } = await opened(root());
  const name = await folder.keepPolicy(
    candidateId.parse(7),
    'abcdef0123456789',
    'def act(observation): ...\n',
  );
  await expect(folder.readPolicy('0008-abcdef01.py')).rejects.toMatchObject({ code: 'policy_missing' });
  await folder.close();
  expect(await readdir(join(root(), 'first', 'policies'))).toEqual([name]);
});

describe('calls', () => {
  test('are intended before they are answered, and survive the kernel', async () => {
    const { folder } = await opened(root());
    expect(await folder.calls.find('ab12', { prompt: 'hello' })).toBeUndefined();
    await folder.calls.intend('ab12', { prompt: 'hello' });
    await folder.close();
    const later = await opened(root());
    expect(await later.folder.calls.find('ab12', { prompt: 'hello' })).toEqual({
      request: { prompt: 'hello' },
      response: null,
    });
    await later.folder.calls.answer('ab12', { text: 'def act' });
    expect(await later.folder.calls.find('ab12', { prompt: 'hello' })).toEqual({
      request: { prompt: 'hello' },
      response: { text: 'def act' },
    });
    await writeFile(join(root(), 'first', 'calls', 'ab12.json'), '{"request": ');
    await expect(later.folder.calls.find('ab12', { prompt: 'hello' })).rejects.toMatchObject({
      code: 'record_broken',
      message: expect.stringContaining('ab12.json is no recorded call; put it back from a copy') as string,
    });
    await expect(later.folder.calls.find('../first', { prompt: 'hello' })).rejects.toMatchObject({
      code: 'bad_name',
    });
    await later.folder.close();
  });
});

test('runs are listed oldest first, what is no run left out', async () => {
  jest.useFakeTimers({ advanceTimers: false, doNotFake: [...TIMERS] });
  jest.setSystemTime(Date.UTC(2026, 10, 24, 3));
  await written([declared(), stopped('exhausted')]);
  jest.setSystemTime(Date.UTC(2026, 10, 24, 4));
  const { folder } = await opened(root(), declaration({ run: 'another' }));
  await folder.append(declared(), clocks);
  await folder.close();
  jest.useRealTimers();
  await writeFile(join(root(), 'notes.txt'), '');
  expect((await listRuns(root())).map(({ run, events }) => [run, events.length])).toEqual([
    ['first', 2],
    ['another', 1],
  ]);
  expect(await listRuns(join(root(), 'nowhere'))).toEqual([]);
  expect(await readRun(root(), 'nowhere')).toMatchObject({ ok: false, code: 'no_such_run' });
});
