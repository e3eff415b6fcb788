/** By what a notebook is known that no server names, and what is said about it. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { NotebookIdentity } from '../../../kernel/src/notebook-identity';
import type { ParentProcess } from '../../../kernel/src/parent-process';
import { identifyNotebook } from '../../../kernel/src/runs-folder';

let cwd: string;
let runs: string;

beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'identity-'));
  runs = join(cwd, 'policybook-runs');
  await mkdir(join(cwd, 'out'));
  for (const name of ['a.ipynb', 'b.ipynb', 'out/a.ipynb']) await writeFile(join(cwd, name), '{}');
});

afterEach(() => rm(cwd, { recursive: true }));

function parent(command: string, sessionName?: string): ParentProcess {
  return { words: command.split(' ').filter(Boolean), cwd, sessionName };
}

function identify(
  env: NodeJS.ProcessEnv,
  by: ParentProcess | null = parent('python'),
): ReturnType<typeof identifyNotebook> {
  return identifyNotebook({ cwd, env, readParent: () => by });
}

describe('what is known at the start', () => {
  test('the folder that the user has chosen counts above all, from the folder of the notebook', () => {
    const env = { POLICYBOOK_RUNS: 'mine/here', JPY_SESSION_NAME: '/work/a.ipynb' };
    expect(identify(env)).toEqual({ folder: join(cwd, 'mine', 'here'), source: 'variable' });
    expect(identify({ POLICYBOOK_RUNS: '/mine' })).toEqual({ folder: '/mine', source: 'variable' });
    expect(identify({ POLICYBOOK_RUNS: '' })).toBeNull();
  });

  test('a folder that another kernel has put into the variable was not chosen by the user', () => {
    const env = { POLICYBOOK_RUNS: '/other', POLICYBOOK_NOTEBOOK_RUNS: '/other' };
    expect(identify(env)).toBeNull();
    expect(identify({ ...env, POLICYBOOK_RUNS: '/mine' })?.source).toBe('variable');
  });

  test.each([
    ['/work/story.ipynb', 'story'],
    ['Übung 3 – Läufe.ipynb', 'Übung 3 – Läufe'],
    ['C:\\work\\a.b.ipynb', 'a.b'],
  ])('a server names the notebook %s', (session, name) => {
    expect(identify({ JPY_SESSION_NAME: session })).toEqual({ folder: join(runs, name), source: 'server' });
  });

  test('a console of a server is no notebook, whatever the server was started with', () => {
    expect(identify({ JPY_SESSION_NAME: '2e0f' }, parent('python a.ipynb'))).toBeNull();
  });

  test('the name of the notebook whose Python has started the kernel is not that of its notebook', () => {
    const env = { JPY_SESSION_NAME: '/work/driver.ipynb' };
    expect(identify(env, parent('python -m ipykernel', '/work/driver.ipynb'))).toBeNull();
    expect(identify(env, parent('python -m jupyterlab'))?.source).toBe('server');
    expect(identify(env, null)?.source).toBe('server');
  });

  test.each([
    ['python /bin/papermill a.ipynb out/a1.ipynb -p seed 5', 'out-a1'],
    ['python -m papermill -p seed 5 a.ipynb ./a2.ipynb', 'a2'],
    ['/bin/papermill a.ipynb ../elsewhere/a1.ipynb', 'elsewhere-a1'],
    ['python /bin/papermill a.ipynb --no-progress-bar', 'a'],
    ['python /bin/jupyter-execute a.ipynb --inplace', 'a'],
    ['python -m nbconvert --to notebook --execute a.ipynb --output b.ipynb', 'a'],
    ['python -m nbconvert --execute out/a.ipynb', 'a'],
    ['python -m pytest --nbval a.ipynb', 'a'],
  ])('the command %s executes the notebook %s', (command, name) => {
    expect(identify({}, parent(command))).toEqual({ folder: join(runs, name), source: 'command line' });
  });

  test.each([
    'python run_all.py',
    'python -m pytest --nbval a.ipynb b.ipynb',
    'python run.py missing.ipynb',
    'python /bin/jupyter-lab a.ipynb',
    'python -m jupyterlab a.ipynb',
    'python -c exec --output a.ipynb',
  ])('the command %s tells of no notebook', (command) => {
    expect(identify({}, parent(command))).toBeNull();
  });

  test('the name of an output in a deep folder is shortened and stays its own', () => {
    const [one, two] = ['1', '2'].map((part) =>
      identify({}, parent(`papermill a.ipynb ${'deep/'.repeat(40)}${part}/${'x'.repeat(60)}.ipynb`)),
    );
    expect(basename(one?.folder ?? '').length).toBeLessThan(80);
    expect(one?.folder).not.toBe(two?.folder);
  });
});

describe('what cells tell', () => {
  function start(env: NodeJS.ProcessEnv = {}): NotebookIdentity {
    return new NotebookIdentity({ cwd, env, readParent: () => parent('python run_all.py') });
  }

  function note(
    identity: NotebookIdentity,
    code: string,
    options: { stdin: boolean; silent?: boolean },
  ): void {
    identity.noteCell({
      code,
      silent: options.silent ?? false,
      allow_stdin: options.stdin,
      store_history: true,
      user_expressions: {},
      stop_on_error: true,
    });
  }

  function execute(...cells: readonly string[]): NotebookIdentity {
    const identity = start();
    for (const cell of cells) note(identity, cell, { stdin: false });
    return identity;
  }

  test('notebooks that a program executes are known by their cells, as often as they are executed', () => {
    const folder = execute('seed = 0', '%%learn x').runsFolder;
    expect(folder).toMatch(new RegExp(`^${runs}/${basename(cwd)}-[0-9a-f]{6}$`));
    expect(execute('seed = 0', '%%learn x').runsFolder).toBe(folder);
    expect(execute('seed = 5', '%%learn x').runsFolder).not.toBe(folder);
    expect(execute('seed = 0%%learn x').runsFolder).not.toBe(folder);
  });

  test('once the folder was asked for, later cells change nothing', () => {
    const identity = execute('%%learn x');
    const folder = identity.runsFolder;
    note(identity, '__vsc_ipynb_file__ = "/work/b.ipynb"', { stdin: true });
    expect(identity.runsFolder).toBe(folder);
  });

  test('a person at a console shares the folder with all notebooks of the folder', () => {
    const identity = start();
    note(identity, '%%learn x', { stdin: true });
    expect(identity.runsFolder).toBe(join(runs, basename(cwd)));
  });

  test('VS Code names the file in a silent cell', () => {
    const identity = start();
    const code = 'if "__vsc_ipynb_file__" not in globals():\n    __vsc_ipynb_file__ = "/work/story.ipynb"\n';
    note(identity, code, { stdin: false, silent: true });
    note(identity, '%%learn x', { stdin: true });
    expect(identity.runsFolder).toBe(join(runs, 'story'));
  });

  test('until it is asked for, the folder is a likely one, and then it is late', () => {
    const identity = execute('%%learn x');
    expect(start().likelyRunsFolder).toBe(join(runs, basename(cwd)));
    expect(identity.findLateRunsFolder()).toBe(identity.runsFolder);
    expect(start({ JPY_SESSION_NAME: 'a.ipynb' }).findLateRunsFolder()).toBeNull();
  });

  test('where runs are is said once, and how to choose', async () => {
    const identity = execute('%%learn x');
    const name = basename(identity.runsFolder);
    expect(identity.announce()).toBe(
      `Runs are kept in policybook-runs/${name} (no server says which notebook this is, so it is known by its cells' text; POLICYBOOK_RUNS chooses another folder).`,
    );
    expect(identity.announce()).toBeNull();
    await mkdir(join(runs, basename(cwd)), { recursive: true });
    expect(execute('%%learn x').announce()).toContain(
      `; earlier runs may be in policybook-runs/${basename(cwd)}.`,
    );
  });

  test('nothing is said where the server or the user has named it', () => {
    expect(start({ JPY_SESSION_NAME: 'a.ipynb' }).announce()).toBeNull();
    expect(start({ POLICYBOOK_RUNS: 'mine' }).announce()).toBeNull();
  });
});
