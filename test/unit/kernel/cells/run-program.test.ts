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
