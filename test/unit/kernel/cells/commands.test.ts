import promises, { appendFile, mkdir, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeLine } from '../../../../packages/store/src/line';
import { buildClocks } from '../../../fixtures/run-events';
import { toySource } from '../../engine/simulation';
import { textOf, useCellWorld } from './cell-world';

const world = useCellWorld();
const first = '%%learn Toy-v0 as first\nepisodes: 600\nseed: 1\n';

describe('arguments', () => {
  test.each([
    ['%diff', /^DeclarationError: line 1, column 1: %diff OLD \[NEW\]: OLD is missing/],
    ['%audit first episodes=many', /^DeclarationError: line 1, column \d+: /],
    ['%replay first sead=1', /^DeclarationError: line 1, column \d+: .*seed/],
    ['%consent 9', /^DeclarationError: line 1, column \d+: /],
    ['%attach {NOTHING}', /^DeclarationError: line 1, column \d+: .*NOTHING could not be evaluated/],
  ])('%s', async (code, error) => {
    expect((await world().run(code)).error).toMatch(error);
  });

  test('a mistake in any line keeps all of them from running', async () => {
    const ran = await world().run('%consent 1\n%diff\n');
    expect(ran.error).toMatch(/^DeclarationError: line 2/);
    expect(world().consented).toBeNull();
  });

  test('values of the workbench are filled in', async () => {
    world().variables.set('NAME', 'first');
    const ran = await world().run('%attach {NAME}');
    expect(ran.error).toContain("no run or policy is called 'first'");
  });
});

describe('one command after another', () => {
  test('a failure says its line and ends the cell', async () => {
    const ran = await world().run('%consent 1\n%attach second\n%consent 0\n');
    expect(ran.error).toBe(
      "ReferenceError: line 2: no run or policy is called 'second'. There are no runs yet.",
    );
    expect(ran.traceback).toContain('    %attach second');
    expect(world().consented).toBe(1);
  });
});

describe('references', () => {
  test('a misspelt run is answered with the nearest name and all names', async () => {
    await world().run(first);
    await world().run(`%%policy careful\n${toySource({ mean: 1 })}`);
    const ran = await world().run('%diff frist careful');
    expect(ran.error).toBe(
      "ReferenceError: no run or policy is called 'frist'; did you mean 'first'? There are: first, careful.",
    );
  });

  test('a candidate by its number; one that is not there is answered with how many there are', async () => {
    await world().run(first);
    expect(textOf(await world().run('%diff first@1 first@best'))).toContain('first@1');
    expect((await world().run('%diff first@99 first')).error).toMatch(
      /first has no candidate 99; it has \d+ candidates, counted from 1$/,
    );
  });

  test('a repeated run has no best of its own: its replicates are named', async () => {
    await world().run(`${first}repeat: 2\n`);
    expect((await world().run('%audit first')).error).toContain('name one of first/1, first/2');
    expect((await world().run('%diff first/1 first/2')).error).toBe('');
  });

  test('a policy by hand belongs to no run', async () => {
    await world().run(`%%policy careful\n${toySource({ mean: 1 })}`);
    expect((await world().run('%export careful')).error).toBe(
      'CommandError: careful belongs to no run; this command takes a policy that a run has learned, such as RUN or RUN@2',
    );
  });

  test.each(['%replay', '%audit'])(
    '%s of a file names the ways to give it an environment',
    async (command) => {
      await writeFile(join(world().folder, 'held.py'), toySource({ mean: 1 }));
      expect((await world().run(`${command} held.py`)).error).toBe(
        'CommandError: no environment is known for held.py: write %%policy NAME for ENV above its text, which %load held.py ' +
          'brings into a cell, and name NAME; or learn from it with start: held.py in a %%learn cell, whose run has it as RUN@1',
      );
      expect((await world().run(`${command} lost.py`)).error).toMatch(/^ReferenceError: .*lost\.py/);
      const learned = await world().run('%%learn Toy-v0 as held\nstart: held.py\nepisodes: 300\n');
      expect(learned.error).toBe('');
      expect((await world().run('%diff held.py held@1')).error).toBe('');
    },
  );

  test('a policy by hand has no earlier version', async () => {
    await world().run(`%%policy careful\n${toySource({ mean: 1 })}`);
    expect((await world().run('%diff careful')).error).toBe(
      'CommandError: careful is a %%policy cell, which has no earlier version; name two policies: %diff OLD NEW',
    );
  });

  test('a file has no earlier version', async () => {
    await writeFile(join(world().folder, 'mine.py'), toySource({ mean: 1 }));
    expect((await world().run('%diff ./mine.py')).error).toBe(
      'CommandError: ./mine.py is a file or a folder, which has no earlier version; name two policies: %diff OLD NEW',
    );
  });

  test('a path that cannot be read says where paths start', async () => {
    const ran = await world().run('%diff ./none.py ./none.py');
    expect(ran.error).toBe(`ReferenceError: ./none.py does not exist; paths start at ${world().folder}`);
  });
});

test.each([
  ['%diff', '%diff ./mine ./mine'],
  ['start:', `${first}start: ./mine\n`],
  ['%%compare', '%%compare as both\nenvironment: Toy-v0\npolicies:\n  folder: ./mine\nepisodes: 25\n'],
])('an interrupt of the cell reaches the reading of a folder by %s', async (_, code) => {
  await mkdir(join(world().folder, 'mine'));
  const stop = new AbortController();
  world().evaluator.interfere = (method) => {
    if (method === 'policy.inline') stop.abort();
    return undefined;
  };
  expect((await world().run(code, stop.signal)).error).toBe('KeyboardInterrupt: the cell was stopped');
});

test('%runs lists runs and comparisons', async () => {
  await world().run(first);
  expect(textOf(await world().run('%runs'))).toContain('first');
});

test('%runs names folders of another format in one line, and takes none of them for a fault', async () => {
  await world().run(first);
  for (const run of ['old', 'old~1']) {
    await mkdir(join(world().runsFolder, run));
    const meta = { at: '2026-11-24T03:00:00.000Z', ...buildClocks(1) };
    const { text } = writeLine('', { type: 'run_declared', settings: {} }, meta);
    await writeFile(join(world().runsFolder, run, 'events.jsonl'), text);
  }
  const ran = await world().run('%runs');
  expect(textOf(ran)).not.toContain('old');
  expect(ran.stdout).toBe(
    'not shown, because another version of policybook wrote them: old, old~1; %attach NAME says which version wrote it\n',
  );
  expect(ran.stderr).toBe('');
});

test('%runs shows the other runs where an event of one is of no version that this one knows', async () => {
  await world().run(first);
  await world().run(first.replace('first', 'later'));
  const record = join(world().runsFolder, 'later', 'events.jsonl');
  const last = (await readFile(record, 'utf8')).trimEnd().split('\n').at(-1) ?? '';
  const chain = /"chain":"(\w+)"}$/.exec(last)?.[1] ?? '';
  const meta = { at: '2026-11-24T03:00:00.000Z', ...buildClocks(1) };
  await appendFile(record, writeLine(chain, { type: 'candidate_rejected', candidate: 99 }, meta).text);
  const ran = await world().run('%runs');
  expect(ran.error).toBe('');
  expect(textOf(ran)).toContain('first');
  expect(ran.stderr).toMatch(/later\/events\.jsonl, line \d+: it has another form than this version writes/);
  expect((await world().run('%attach later')).error).toMatch(/^RunError: .*it has another form/);
});

test('a file or a damaged folder among the runs is no fault of policybook', async () => {
  await world().run(first);
  await writeFile(join(world().runsFolder, 'file'), '');
  expect((await world().run('%attach file')).error).toBe(
    "ReferenceError: no run or policy is called 'file'. There are: first.",
  );
  expect((await world().run(first.replace('first', 'file'))).error).toBe(
    `RunError: ${join(world().runsFolder, 'file')} is a file and no folder; choose another name, or move the file away`,
  );
  await mkdir(join(world().runsFolder, 'odd', 'comparison.jsonl'), { recursive: true });
  expect((await world().run('%attach odd')).error).toMatch(/^RunError: .*is a folder and no file$/);
});

test('%attach shows a run again without playing', async () => {
  await world().run(first);
  const { episodes } = world().evaluator;
  const ran = await world().run('%attach first');
  expect(ran.error).toBe('');
  expect(textOf(ran)).toContain('first@');
  expect(world().evaluator.episodes).toBe(episodes);
});

test.each(['%attach first', '%export first', '%replay first@1', '%diff first@1 first', '%audit first'])(
  'a run folder that lacks its policies is said to by %s, and taken for no fault of policybook',
  async (command) => {
    await world().run(first);
    await rm(join(world().runsFolder, 'first', 'policies'), { recursive: true });
    const ran = await world().run(command);
    expect(ran.error).toMatch(
      /^RunError: .*first\/policies\/00\d\d-\w+\.py is missing, which the record names; put it back from a copy/,
    );
    expect(ran.traceback).toContain('code: policy_missing');
  },
);

test.each([
  '%audit first@1 episodes=50',
  '%replay first@1',
  '%export first@1',
  '%diff first@1 first@2',
  '%attach first',
  '%%compare as bench\nenvironment: Toy-v0\npolicies: [first@1, first@2]\nepisodes: 40\n',
  '%%learn Toy-v0 as second\nstart: first@1\n',
])('a text that was edited after its run is refused by %s', async (code) => {
  await world().run(first);
  const record = await readFile(join(world().runsFolder, 'first', 'events.jsonl'), 'utf8');
  for (const [, policy = ''] of record.matchAll(/"policy":"(\d{4}-\w+\.py)"/g))
    await writeFile(join(world().runsFolder, 'first', 'policies', policy), 'pass\n');
  const ran = await world().run(code);
  expect(ran.error).toMatch(
    /^RunError: .*first\/policies\/\d{4}-\w+\.py was changed after the run wrote it: undo the change/,
  );
  expect(ran.traceback).toContain('code: policy_changed');
});

describe('%audit', () => {
  test('records the score of the champion on fresh seeds', async () => {
    await world().run(first);
    const ran = await world().run('%audit first episodes=50');
    expect(ran.error).toBe('');
    const record = await readFile(join(world().runsFolder, 'first', 'events.jsonl'), 'utf8');
    expect(record).toContain('"audited"');
  });

  test('says so where nothing was played, and of failed episodes the first reason', async () => {
    await world().run(first);
    world().evaluator.interfere = (method) =>
      method === 'evaluate'
        ? { ok: false, code: 'evaluator_died', message: 'the evaluator ended', detail: null }
        : undefined;
    const broken = await world().run('%audit first episodes=50');
    expect(broken.error).toContain('Nothing had been played.');
    expect(textOf(broken)).toMatch(/^first@\d: no episode of the audit was played$/);
  });
});

describe('a policy by hand', () => {
  const größer = `%%policy größer for Toy-v0\n${toySource({ mean: 4, noise: 1 })}`;

  test('is audited in the environment that its cell named, and recorded nowhere', async () => {
    await world().run(größer);
    const ran = await world().run('%audit größer episodes=60');
    expect(ran.error).toBe('');
    expect(textOf(ran)).toMatch(/^größer: \d\.\d+ \[.*\] over 60 fresh episodes\n/);
    expect(textOf(ran)).toContain('a policy by hand has no run: this audit is not recorded');
    expect(await readdir(world().folder)).toEqual([]);
  });

  test('says of a stopped audit that what was played is shown', async () => {
    await world().run(größer);
    const stop = new AbortController();
    let requests = 0;
    world().evaluator.interfere = (method) => {
      if (method === 'evaluate' && ++requests > 1) stop.abort();
      return undefined;
    };
    const ran = await world().run('%audit größer episodes=200', stop.signal);
    expect(ran.error).toBe('KeyboardInterrupt: the audit was stopped. What was played until then is shown.');
    expect(textOf(ran)).toContain('it ended before the 200 episodes that were asked for');
  });

  test('is played again on seed 0, or on the seed that is given', async () => {
    await world().run(größer);
    const seeds: number[] = [];
    world().evaluator.own.trace = ({ seed, environment }) => {
      expect(environment.id).toBe('Toy-v0');
      seeds.push(seed);
      return {
        ok: true,
        value: {
          return: 3,
          terminated: true,
          truncated: false,
          actionHash: '0123456789abcdef',
          trajectoryHashes: { every: 1, hashes: '' },
          steps: [],
          filmstrip: null,
          failure: null,
        },
      };
    };
    const ran = await world().run('%replay größer');
    expect(ran.error).toBe('');
    expect(textOf(ran)).toContain('größer on seed 0: return 3');
    expect(textOf(ran)).toContain('A policy by hand has no run that could have recorded this episode.');
    await world().run('%replay größer seed=7');
    expect(seeds).toEqual([0, 7]);
  });

  test.each(['%replay careful', '%audit careful'])(
    'without an environment is refused by %s',
    async (command) => {
      await world().run(`%%policy careful\n${toySource({ mean: 1 })}`);
      expect((await world().run(command)).error).toBe(
        'CommandError: careful was declared without an environment: write %%policy careful for ENV, and run that cell',
      );
    },
  );

  test('plays in what the name of its environment declares by now', async () => {
    await world().run('%%environment toy\nid: Toy-v0\nreturns: [-20, 40]');
    await world().run(größer.replace('Toy-v0', 'toy'));
    await world().run('%%environment toy\nid: Toy-v0\nreturns: [-20, 40]\nkwargs: {wind: 1}');
    world().evaluator.own.trace = ({ environment }) => ({
      ok: false,
      code: 'environment_error',
      message: JSON.stringify(environment.kwargs),
      detail: null,
    });
    expect((await world().run('%replay größer')).error).toContain('{"wind":1}');
  });
});

describe('%export', () => {
  test('writes over an earlier export only', async () => {
    await world().run(first);
    world().evaluator.own['policy.export'] = ({ source }) => ({
      ok: true,
      value: { source: `# Exported by policybook\n${source}` },
    });
    expect((await world().run('%export first mine.py')).error).toBe('');
    expect((await world().run('%export first mine.py')).error).toBe('');
    await writeFile(join(world().folder, 'mine.py'), '# my own\n');
    expect((await world().run('%export first mine.py')).error).toContain(
      'exists and is not an export; name another file',
    );
    await mkdir(join(world().folder, 'folder.py'));
    expect((await world().run('%export first folder.py')).error).toBe(
      `CommandError: ${join(world().folder, 'folder.py')} is a folder and no file`,
    );
    await symlink('round.py', join(world().folder, 'round.py'));
    expect((await world().run('%export first round.py')).error).toMatch(
      /^CommandError: .*round\.py cannot be opened: its symbolic links lead in a circle$/,
    );
    expect((await world().run('%export first none/mine.py')).error).toContain('there is no folder');
  });

  test('leaves no draft where the file cannot be put in its place', async () => {
    await world().run(first);
    await mkdir(join(world().folder, 'exports'));
    world().evaluator.own['policy.export'] = ({ source }) => ({ ok: true, value: { source } });
    const moved = jest.spyOn(promises, 'rename').mockRejectedValue(new Error('the disk is gone'));
    expect((await world().run('%export first exports/mine.py')).error).toContain('the disk is gone');
    expect(await readdir(join(world().folder, 'exports'))).toEqual([]);
    moved.mockRestore();
    expect((await world().run('%export first exports/mine.py')).error).toBe('');
    expect(await readdir(join(world().folder, 'exports'))).toEqual(['mine.py']);
  });
});
