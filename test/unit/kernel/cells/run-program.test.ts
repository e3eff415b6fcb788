/** Programs of the user's: what they are given, what is kept of them, and that nothing of them stays. */
import { tmpdir } from 'node:os';
import type { Program } from '@policybook/authors';
import { runProgram } from '../../../../kernel/src/cells/notebook/run-program';

const ENV = {
  PATH: process.env['PATH'],
  HOME: '/home/x',
  OPENAI_API_KEY: 'sk-1',
  GIT_TOKEN: 'g',
  WANTED: 'w',
};

function run(command: string, change: Partial<Program> = {}) {
  const program: Program = {
    command,
    folder: tmpdir(),
    variables: { POLICYBOOK_TASK: '/task.md' },
    pass: [],
    redact: (text) => text,
    deadline: 60_000,
    mostBytes: 1000,
    signal: new AbortController().signal,
    ...change,
  };
  return runProgram(program, ENV, '/notebook');
}

/** A program that starts another in its group, says the other's number, and waits. */
const FAMILY = 'sleep 1000 & echo $!; wait';

/** Whether a process is gone; one that was killed is, when its parent has looked. */
async function waitUntilGone(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test('a program gets the variables that it needs, those that are named, and no other', async () => {
  const { exitCode, stdout } = await run('env; pwd', { pass: ['WANTED'] });
  const lines = stdout.trim().split('\n');
  expect(exitCode).toBe(0);
  expect(lines).toEqual(expect.arrayContaining(['HOME=/home/x', 'WANTED=w', 'POLICYBOOK_TASK=/task.md']));
  expect(lines).toContain('POLICYBOOK_NOTEBOOK=/notebook');
  expect(lines.at(-1)).toBe(tmpdir());
  expect(lines.filter((line) => /KEY|TOKEN/.test(line))).toEqual([]);
});

test('its exit code and the end of what it writes are kept', async () => {
  const { exitCode, how, stderr } = await run('yes line | head -n 500 >&2; exit 3');
  expect({ exitCode, how }).toEqual({ exitCode: 3, how: 'ended with exit code 3' });
  expect(stderr).toMatch(/^\(1500 bytes before are not kept\)\n(line\n){200}$/);
});

test('a key is taken out before an output is cut, so that no part of it is kept', async () => {
  const redact = (text: string) => text.replaceAll('canary-5f2b', '[key]');
  const { stdout } = await run('printf canary-5f2b; yes 0123456 | head -n 124', { redact });
  // 11 and 992 bytes were written, of which the last 1000 begin within the key.
  expect(stdout).toMatch(/^\[key\](0123456\n){124}$/);
});

test('a program that cannot be started says so', async () => {
  expect(await run('true', { folder: '/no/such/folder' })).toMatchObject({ exitCode: null });
});

test('at its deadline it is killed with what it has started', async () => {
  const { exitCode, isOverdue, stdout } = await run(FAMILY, { deadline: 300 });
  expect({ exitCode, isOverdue }).toEqual({ exitCode: null, isOverdue: true });
  await waitUntilGone(Number(stdout));
});

test('what it leaves running when it ends, or when its run is stopped, is killed', async () => {
  const { stdout } = await run('sleep 1000 & echo $!');
  await waitUntilGone(Number(stdout));
  const stop = new AbortController();
  stop.abort();
  expect(await run(FAMILY, { signal: stop.signal })).toMatchObject({ exitCode: null, isOverdue: false });
});

test.each([
  ['ends', 'setsid sleep 1000 & echo $!', {}, { exitCode: 0, isOverdue: false }],
  ['is overdue', 'setsid sleep 1000 & echo $!; wait', { deadline: 300 }, { exitCode: null, isOverdue: true }],
])('what has left its group is killed when it %s', async (_, command, change, expected) => {
  const { stdout, ...end } = await run(command, change);
  expect(end).toMatchObject(expected);
  await waitUntilGone(Number(stdout));
});

/** A program whose child has neither its group nor its mark, and says its own number when it has come so far. */
const ESCAPED = [
  'd=$(mktemp -d); mkfifo "$d/p"',
  `env -i setsid sh -c 'echo $$ >"$0"; exec sleep 1000' "$d/p" &`,
  'read pid <"$d/p"; rm -r "$d"; echo $pid; exit 3',
].join('\n');

test('what holds its outputs and is not found is not waited for', async () => {
  const { exitCode, stdout } = await run(ESCAPED);
  process.kill(Number(stdout), 'SIGKILL');
  expect(exitCode).toBe(3);
});
