/** The author command: a program is started in a folder with the task, and leaves a policy there. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Author, AuthorRequest } from '@policybook/engine';
import { NumberedFolders } from '@policybook/store';
import {
  createAuthor,
  findAuthorObstacle,
  type AuthorDependencies,
  type Program,
} from '../../../packages/authors/src';
import { authorRequest, MemoryCalls, UNUSED_PORTS } from './run-request';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'policybook-command-'));
});
afterEach(() => rm(root, { recursive: true }));

const SLIP = 'def act(observation):\n    return positon > 0\n';
const GOOD = '"""Follow the lean."""\n\n\ndef act(observation):\n    return int(observation[1] > 0)\n';
const KEY = 'canary-key-5f2b9c';
const check: AuthorRequest['check'] = (source) => {
  const failure = { code: 'raised', message: 'NameError', line: 2, column: null, seed: 5, step: 0 } as const;
  return Promise.resolve({ failure: source === SLIP ? failure : null, usage: {} });
};

const settings = {
  kind: 'command',
  run: 'write it',
  deadlineSeconds: 60,
  pass: ['MODEL_KEY'],
  maxPromptTokens: 12_000,
  instructions: null,
};

interface Run {
  readonly author: Author;
  readonly programs: Program[];
  readonly calls: MemoryCalls;
}

/** An author whose program is played by a function: what it writes, and how it ends. */
function create(write: (program: Program, turn: number) => Promise<object>, calls = new MemoryCalls()): Run {
  const programs: Program[] = [];
  const runProgram: AuthorDependencies['runProgram'] = async (program) => {
    programs.push(program);
    const end = await write(program, programs.length);
    return {
      ...{ exitCode: 0, how: 'ended with exit code 0', isOverdue: false, stdout: '', stderr: '' },
      ...end,
    };
  };
  const author = createAuthor(settings, {
    evaluator: { request: () => Promise.reject(new Error('no evaluator is asked')) },
    calls,
    variables: { MODEL_KEY: KEY },
    notice: () => undefined,
    ...UNUSED_PORTS,
    openRequests: (folder) => {
      expect(folder).toBeNull();
      return new NumberedFolders(root);
    },
    runProgram,
  });
  if (!author.ok) throw new Error(author.message);
  return { author: author.value, programs, calls };
}

test('a program finds the paths of its request in its variables, and what it says is kept without its keys', async () => {
  const { author, programs, calls } = create(async ({ variables }) => {
    await writeFile(variables['POLICYBOOK_POLICY'] ?? '', GOOD);
    return { stdout: `asking with ${KEY}\n` };
  });
  const answer = await author.propose(authorRequest());
  expect(answer).toMatchObject({
    ok: true,
    value: { proposals: [{ label: 'command 1', source: GOOD }], isUnmetered: true, usage: { calls: 1 } },
  });
  const folder = join(root, '0001');
  expect(programs).toMatchObject([{ command: 'write it', folder, pass: ['MODEL_KEY'], deadline: 60_000 }]);
  const variables = programs[0]?.variables ?? {};
  const missing = (await readdir(folder, { recursive: true })).map((name) => join(folder, name));
  for (const name of ['TASK', 'CONTRACT', 'EVIDENCE', 'HISTORY', 'POLICY'])
    expect(missing).toContain(variables[`POLICYBOOK_${name}`]);
  expect(variables['POLICYBOOK_REPLY']).toBeUndefined();
  const [call] = calls.entries.values();
  expect(call?.response).toMatchObject({ program: { exitCode: 0, stdout: 'asking with [key]\n' } });
});

test('a program is started again in its folder with what was wrong', async () => {
  const { author, programs } = create(async ({ folder, variables }, turn) => {
    if (turn === 2)
      expect(await readFile(variables['POLICYBOOK_REPLY'] ?? '', 'utf8')).toContain('NameError');
    await writeFile(join(folder, 'policy.py'), turn === 1 ? SLIP : GOOD);
    return {};
  });
  expect(await author.propose(authorRequest({ check }))).toMatchObject({
    value: { proposals: [{ source: GOOD }], usage: { calls: 2 } },
  });
  expect(programs.map(({ folder }) => folder)).toEqual([join(root, '0001'), join(root, '0001')]);
  expect(await readFile(join(root, '0001', 'policy-1.py'), 'utf8')).toBe(SLIP);
});

test.each([
  ['program_failed', { exitCode: 3, how: 'ended with exit code 3' }, 'The program ended with exit code 3'],
  [
    'deadline',
    { exitCode: null, how: 'was ended by SIGKILL', isOverdue: true },
    'did not end within 60 seconds',
  ],
])(
  'a program that fails is a recorded call with the last lines of its stderr (%s)',
  async (code, end, said) => {
    const stderr = Array.from({ length: 30 }, (_, line) => `line ${line}`).join('\n');
    const first = create(() => Promise.resolve({ ...end, stderr }));
    const answer = await first.author.propose(authorRequest());
    expect(answer).toMatchObject({ ok: false, code, isLasting: false, usage: { calls: 1 } });
    expect(answer.ok ? '' : answer.message).toContain(said);
    expect(answer.ok ? '' : answer.message).toContain('line 20\n');
    expect(answer.ok ? '' : answer.message).not.toContain('line 19\n');
    const again = create(() => Promise.reject(new Error('not started again')), first.calls);
    expect(await again.author.propose(authorRequest())).toEqual(answer);
  },
);

test('a program that is stopped with its run is started again by the next session', async () => {
  const stopped = new AbortController();
  const first = create(() => {
    stopped.abort();
    return Promise.resolve({ exitCode: null });
  });
  const signal = stopped.signal;
  expect(await first.author.propose(authorRequest({ signal }))).toMatchObject({ code: 'cancelled' });
  const second = create(async ({ folder }) => {
    await writeFile(join(folder, 'policy.py'), GOOD);
    return {};
  }, first.calls);
  expect(await second.author.propose(authorRequest())).toMatchObject({ ok: true });
  expect(await readdir(root)).toEqual(['0001']);
});

test('a variable that is passed and is not there keeps the run from beginning', () => {
  expect(findAuthorObstacle(settings, {})).toMatchObject({
    code: 'missing_key',
    detail: { variable: 'MODEL_KEY' },
  });
});
