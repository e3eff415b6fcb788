import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promises } from 'node:fs';
import { appendFile, mkdir, open, readFile, readdir, rm, writeFile, type FileHandle } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Failure } from '@policybook/protocol';
import { openRun, readRun } from '@policybook/store';
import { answered, clocks, declaration, declared, opened, stopped, temporaryFolder } from './fixtures';

const root = temporaryFolder();
const lock = () => join(root(), 'first', '.lock');

async function kept(settings: Parameters<typeof declared>[0] = {}, run = declaration({}, settings)) {
  const { folder, replaced, changed } = await opened(root(), run);
  await folder.append(declared(settings), clocks);
  await folder.append(stopped('exhausted'), clocks);
  await folder.close();
  return { replaced, changed };
}

/** Resolves when the process has ended; what its parent knows of it is another matter. */
async function waitUntilEnded(pid: number): Promise<void> {
  const ended = /^\d+ \(.*\) Z/s;
  while (process.platform === 'linux' && !ended.test(await readFile(`/proc/${pid}/stat`, 'utf8')))
    await wait(5);
}

async function seedOf(run: string): Promise<number | undefined> {
  const read = await readRun(root(), run);
  const event = read.ok ? read.value.events[0] : undefined;
  return event?.type === 'run_declared' ? event.settings.seed : undefined;
}

describe('a declaration that changed', () => {
  test('takes the name; earlier runs count up and keep all they had', async () => {
    await kept({ seed: 1 });
    expect(await kept({ seed: 2 })).toEqual({
      replaced: 'first~1',
      changed: [{ path: 'seed', before: '1', after: '2' }],
    });
    await kept({ seed: 3 });
    expect(await Promise.all(['first', 'first~1', 'first~2'].map(seedOf))).toEqual([3, 2, 1]);
    expect((await readdir(root())).sort()).toEqual(['first', 'first~1', 'first~2']);
    expect(await readdir(join(root(), 'first~1'))).not.toContain('.lock');
  });

  test('is one only when a setting differs: the same one goes on', async () => {
    await kept({ seed: 1 });
    const { folder, events, replaced } = await opened(
      root(),
      declaration({ cell: '%%learn  Toy' }, { seed: 1 }),
    );
    expect(events).toHaveLength(2);
    expect(replaced).toBeNull();
    await folder.close();
  });

  test('is not needed to learn again', async () => {
    await kept();
    const { folder, events, replaced, changed } = await opened(root(), declaration({ again: true }));
    expect({ events, replaced, changed }).toEqual({ events: [], replaced: 'first~1', changed: [] });
    await folder.close();
  });
});

describe('an obstacle', () => {
  const obstacle = (): Failure => ({ ok: false, code: 'missing_key', message: 'no key', detail: null });

  test('leaves no folder behind, and an earlier run its name', async () => {
    expect(await openRun(root(), declaration({ obstacle }))).toMatchObject({ code: 'missing_key' });
    expect(await readdir(root())).toEqual([]);
    await kept();
    const before = await readdir(root());
    expect(await openRun(root(), declaration({ obstacle }, { seed: 9 }))).toMatchObject({
      code: 'missing_key',
    });
    expect(await readdir(root())).toEqual(before);
  });

  test('does not keep a run from being shown again', async () => {
    await kept();
    const { folder, events } = await opened(root(), declaration({ obstacle }));
    expect(events.length).toBeGreaterThan(0);
    await folder.close();
  });
});

describe('a run that is being written', () => {
  test('is refused to a second writer, which learns by whom, and unharmed', async () => {
    const { folder } = await opened(root());
    await folder.append(declared(), clocks);
    for (const second of [declaration(), declaration({}, { seed: 9 }), declaration({ again: true })]) {
      const refused = await openRun(root(), second);
      expect(refused).toMatchObject({
        ok: false,
        code: 'run_locked',
        message:
          'first is being written by this kernel; wait for the cell that does so, or stop it (%wait and %stop where it is in the background)',
        detail: { pid: process.pid, host: hostname() },
      });
    }
    await folder.append(answered(0), clocks);
    await folder.close();
    expect(await readRun(root(), 'first')).toMatchObject({
      value: { events: { length: 2 }, unreadable: null },
    });
  });

  test('is refused when another living process holds it', async () => {
    await kept();
    const other = spawn('sleep', ['60']);
    try {
      await writeFile(lock(), JSON.stringify({ pid: other.pid, host: hostname(), started: null }));
      const refused = await openRun(root(), declaration());
      expect(refused).toMatchObject({ ok: false, code: 'run_locked', detail: { pid: other.pid } });
    } finally {
      other.kill();
    }
  });

  test('is refused when another host holds it', async () => {
    await kept();
    await writeFile(lock(), JSON.stringify({ pid: process.pid, host: 'elsewhere', started: null }));
    expect(await openRun(root(), declaration())).toMatchObject({
      code: 'run_locked',
      message: `first is being written by process ${process.pid} on elsewhere; stop it there, choose another name, remove ${lock()} if it no longer runs, or start this kernel with POLICYBOOK_RUNS set to a folder of this notebook's own`,
      detail: { host: 'elsewhere' },
    });
  });

  test('is taken over from a process that has ended and whose parent has not asked yet how', async () => {
    await kept();
    // `cat` takes the shell's place, and knows nothing of the child that the shell had.
    const parent = spawn('sh', ['-c', 'sleep 600 & echo $!; exec cat']);
    try {
      const [printed] = (await once(parent.stdout, 'data')) as [Buffer];
      const pid = Number(String(printed));
      parent.stdin.write('cat?');
      await once(parent.stdout, 'data');
      process.kill(pid, 'SIGKILL');
      await waitUntilEnded(pid);
      await writeFile(lock(), JSON.stringify({ pid, host: hostname(), started: null }));
      const { folder } = await opened(root());
      await folder.close();
    } finally {
      parent.kill();
    }
  });

  test('is taken over from a process that died, also when its number is used again', async () => {
    await kept();
    const { stdout } = await promisify(execFile)('sh', ['-c', 'echo $$']);
    for (const holder of [
      { pid: Number(stdout), host: hostname(), started: null },
      { pid: process.pid, host: hostname(), started: 'another boot:12' },
    ]) {
      await writeFile(lock(), JSON.stringify(holder));
      const { folder } = await opened(root());
      await folder.close();
    }
    expect(await readdir(join(root(), 'first'))).not.toContain('.lock');
  });

  test('goes to exactly one of many that ask at once', async () => {
    const asked = await Promise.all(Array.from({ length: 20 }, () => openRun(root(), declaration())));
    const won = asked.flatMap((run) => (run.ok ? [run.value.folder] : []));
    expect(won).toHaveLength(1);
    expect(new Set(asked.map((run) => (run.ok ? 'won' : run.code)))).toEqual(new Set(['won', 'run_locked']));
    await won[0]?.close();
    expect((await readdir(root())).filter((name) => name !== 'first')).toEqual([]);
  });
});

test('a lock that was taken away ends the writing, with everything kept', async () => {
  const { folder } = await opened(root());
  await folder.append(declared(), clocks);
  await rm(lock());
  const thief = await opened(root());
  await expect(folder.append(answered(0), clocks)).rejects.toMatchObject({ code: 'lock_lost' });
  await folder.close();
  await thief.folder.append(answered(0), clocks);
  await thief.folder.close();
  expect(await readRun(root(), 'first')).toMatchObject({
    value: { events: { length: 2 }, unreadable: null },
  });
});

describe('what cannot be written', () => {
  test('a read-only folder is named', async () => {
    // Not even root may make folders there.
    const refused = await openRun('/sys/policybook-runs', declaration());
    expect(refused).toMatchObject({ ok: false, code: 'read_only' });
    expect(refused.ok || refused.message).toContain('/sys/policybook-runs');
    expect(refused.ok || refused.message).toContain('POLICYBOOK_RUNS');
  });

  test('a file system that is read-only is named, of which Node says that the folder is missing', async () => {
    const readOnly = jest.spyOn(promises, 'mkdir').mockImplementation((_, options) => {
      const recursive = typeof options === 'object' && options?.recursive === true;
      return Promise.reject(Object.assign(new Error('mkdir'), { code: recursive ? 'ENOENT' : 'EROFS' }));
    });
    const refused = await openRun(join(root(), 'a', 'b'), declaration());
    readOnly.mockRestore();
    expect(refused).toMatchObject({ ok: false, code: 'read_only' });
  });

  test('a full disk is named, and what was recorded stays whole', async () => {
    const { folder } = await opened(root());
    await folder.append(declared(), clocks);
    const probe = await open(join(root(), 'probe'), 'w');
    const handles = Reflect.getPrototypeOf(probe);
    await probe.close();
    if (!isFileHandle(handles)) throw new Error('Node writes through another class');
    const write = jest.spyOn(handles, 'write').mockImplementation(async () => {
      await appendFile(join(root(), 'first', 'events.jsonl'), '{"event":{"ty');
      throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
    });
    await expect(folder.append(answered(0), clocks)).rejects.toMatchObject({ code: 'disk_full' });
    write.mockRestore();
    // Space may be back, but what the run did meanwhile is not on record.
    await expect(folder.append(answered(1), clocks)).rejects.toMatchObject({ code: 'disk_full' });
    await folder.close();
    const { folder: later, events, repaired } = await opened(root());
    expect({ events, repaired }).toEqual({ events: [declared()], repaired: null });
    await later.close();
  });

  test.each(['', '.', '..', 'a/b', '.hidden', 'a\\b', 'x'.repeat(200)])('%j names no run', async (run) => {
    expect(await openRun(root(), declaration({ run }))).toMatchObject({ ok: false, code: 'bad_name' });
    expect(await readdir(root())).toEqual([]);
  });

  test('a folder of that name that is no run is left alone', async () => {
    await mkdir(join(root(), 'first'));
    await writeFile(join(root(), 'first', 'mine.txt'), 'mine');
    for (const again of [false, true])
      expect(await openRun(root(), declaration({ again }))).toMatchObject({
        ok: false,
        code: 'record_broken',
        message: `${join(root(), 'first')} holds no run, and nothing that policybook wrote (mine.txt); choose another name, or move the folder away`,
      });
    expect(await readdir(join(root(), 'first'))).toEqual(['mine.txt']);
  });

  test('an empty folder of that name becomes the run', async () => {
    await mkdir(join(root(), 'first'));
    await kept();
    expect(await seedOf('first')).toBe(declaration().settings.seed);
    expect(await readdir(root())).toEqual(['first']);
  });

  test('a folder that has lost its record says so, and gives up its name to one that is learned again', async () => {
    await kept();
    await rm(join(root(), 'first', 'events.jsonl'));
    const before = await readdir(join(root(), 'first'));
    expect(await openRun(root(), declaration())).toMatchObject({
      ok: false,
      code: 'record_broken',
      message: `${join(root(), 'first')} has lost its record, events.jsonl: put the file back from a copy or from version control, or begin again: \`again: true\` keeps this folder as first~1`,
    });
    expect(await readdir(join(root(), 'first'))).toEqual(before);
    const { folder, events, replaced, replacedKind } = await opened(root(), declaration({ again: true }));
    expect({ events, replaced, replacedKind }).toEqual({
      events: [],
      replaced: 'first~1',
      replacedKind: 'run',
    });
    await folder.close();
    expect(await readdir(join(root(), 'first~1'))).toEqual(before);
  });
});

function isFileHandle(value: object | null): value is FileHandle {
  return value !== null && 'write' in value;
}
