import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Failure } from '@policybook/protocol';
import { toyFacts, toySource } from '../../engine/simulation';
import { textOf, useCellWorld } from './cell-world';

const world = useCellWorld();

/** The settings that the run folder records, in which every declared key has arrived. */
async function recordedSettings(run: string): Promise<unknown> {
  const record = await readFile(join(world().runsFolder, run, 'events.jsonl'), 'utf8');
  const declared: unknown = JSON.parse(record.split('\n')[0] ?? '');
  return declared;
}

const refuseWith = (code: string, message: string): (() => Failure) => {
  return () => ({ ok: false, code, message, detail: null });
};

/** No run may have been begun by a cell that was refused. */
async function expectNothingWritten(): Promise<void> {
  expect(await readdir(world().folder)).not.toContain('policybook-runs');
}

test('every key of a cell arrives in the recorded settings', async () => {
  await mkdir(join(world().folder, 'tables'));
  world().evaluator.own['folder.describe'] = ({ folder }) => ({
    ok: true,
    value: { hash: `hash of ${folder}`, files: 1, bytes: 1 },
  });
  world().variables.set('SEED', 7);
  const ran = await world().run(
    [
      '%%learn Toy-v0 as first',
      'kwargs: {g: 9.8}',
      'observation: [height]',
      'returns: [-100, 100]',
      'max_episode_steps: 40',
      'author: search',
      'episodes: 500',
      'steps: 100000',
      'seed: !py SEED',
      'racing: {seeds: 2, most: 8}',
      'acceptance: {confidence: 0.9, min_effect: 1, budget_share: 0.5}',
      'error_rate: per_run',
      'simplify: false',
      'tune: false',
      'policy: {step: 50ms, import: 1s, memory: 256 MB, imports: [scipy], data: tables}',
    ].join('\n'),
  );
  expect(ran.error).toBe('');
  const folder = join(world().folder, 'tables');
  expect(await recordedSettings('first')).toMatchObject({
    event: {
      run: 'first',
      settings: {
        environment: { id: 'Toy-v0', kwargs: { g: 9.8 }, maxEpisodeSteps: 40 },
        environmentName: 'Toy-v0',
        observation: ['height'],
        returns: [-100, 100],
        author: { kind: 'search' },
        budget: { episodes: 500, steps: 100000, calls: null },
        seed: 7,
        racing: { seeds: 2, most: 8 },
        acceptance: { confidence: 0.9, minEffect: 1, budgetShare: 0.5 },
        errorRate: 'per_run',
        simplify: false,
        tune: false,
        policy: {
          stepMs: 50,
          importMs: 1000,
          memoryMb: 256,
          imports: ['scipy'],
          data: { folder, hash: `hash of ${folder}` },
        },
        start: null,
      },
    },
  });
});

test('a declared environment is used under its name, and keys given in place go over its own', async () => {
  await world().run('%%environment hill\nid: Toy-v0\nkwargs: {g: 9.8, wind: 1}\nreturns: [0, 10]\n');
  const ran = await world().run('%%learn hill as first\nkwargs: {wind: 2}\nepisodes: 100\n');
  expect(ran.error).toBe('');
  expect(await recordedSettings('first')).toMatchObject({
    event: {
      settings: {
        environment: { id: 'Toy-v0', kwargs: { g: 9.8, wind: 2 } },
        environmentName: 'hill',
        returns: [0, 10],
      },
    },
  });
});

describe('further environments of the simplifier', () => {
  const declare = async (name: string, kwargs: string): Promise<void> => {
    await world().run(`%%environment ${name}\nid: Toy-v0\nkwargs: ${kwargs}\n`);
  };

  test('arrive in the recorded settings as specifications', async () => {
    await declare('hill', '{g: 9.8}');
    await declare('windy', '{wind: 2}');
    const ran = await world().run('%%learn hill as first\nepisodes: 100\nsimplify: {on: [windy]}\n');
    expect(ran.error).toBe('');
    expect(await recordedSettings('first')).toMatchObject({
      event: {
        settings: {
          environment: { kwargs: { g: 9.8 } },
          simplify: {
            on: [{ name: 'windy', environment: { id: 'Toy-v0', kwargs: { wind: 2 } }, longestEpisode: 50 }],
          },
        },
      },
    });
  });

  test('are looked for among the declared ones', async () => {
    await declare('hill', '{}');
    await declare('windy', '{wind: 2}');
    const { own } = world().evaluator;
    const cell = '%%learn hill as first\nepisodes: 100\nsimplify: {on: [windi]}\n';
    own['environment.describe'] = ({ environment }) =>
      environment.id === 'windi'
        ? { ok: false, code: 'unknown_environment', message: 'there is no windi.', detail: null }
        : { ok: true, value: { facts: toyFacts, watched: [] } };
    expect((await world().run(cell)).error).toBe(
      "EnvironmentError: line 3, column 17: there is no windi; a cell has declared 'windy'",
    );
    await expectNothingWritten();
  });

  test.each([
    [
      { actionSpace: { ...toyFacts.actionSpace, kind: 'Discrete', text: 'Discrete(3)' } },
      /its actions are Discrete\(3\)/,
    ],
    [{ observationSpace: { ...toyFacts.observationSpace, shape: [2] } }, /its observations are Box\(2\)/],
  ])('must be such that one policy can act in all of them: %j', async (change, reason) => {
    world().evaluator.own['environment.describe'] = ({ environment }) => ({
      ok: true,
      value: { facts: { ...toyFacts, ...('wind' in environment.kwargs && change) }, watched: [] },
    });
    await declare('hill', '{}');
    await declare('other', '{wind: 2}');
    const ran = await world().run('%%learn hill as first\nepisodes: 100\nsimplify: {on: [hill, other]}\n');
    expect(ran.error).toMatch(/^DeclarationError: line 3, column 23: other is no variant of hill: /);
    expect(ran.error).toMatch(reason);
    await expectNothingWritten();
  });

  test('must give a policy the same arguments, and may differ in the bounds of what it observes', async () => {
    world().evaluator.own['environment.describe'] = ({ environment }) => ({
      ok: true,
      value: {
        facts: {
          ...toyFacts,
          observationSpace: {
            ...toyFacts.observationSpace,
            text: `Box(${'wind' in environment.kwargs ? 9 : 1})`,
          },
        },
        watched: [],
      },
    });
    await declare('hill', '{}');
    await world().run('%%environment paid\nid: Toy-v0\nreward: true\n');
    await declare('wide', '{wind: 2}');
    const paid = await world().run('%%learn hill as first\nepisodes: 100\nsimplify: {on: [paid]}\n');
    expect(paid.error).toContain('`reward` must be the same in both');
    const wide = await world().run('%%learn hill as first\nepisodes: 100\nsimplify: {on: [wide]}\n');
    expect(wide.error).toBe('');
  });
});

test('notes on an environment are said where no cell declares it, once, however its name is spelt', async () => {
  world().evaluator.own['environment.describe'] = () => ({
    ok: true,
    value: { facts: { ...toyFacts, notes: ['its successor is Toy-v1'] }, watched: [] },
  });
  const learn = (environment: string, run: string) =>
    world().run(`%%learn ${environment} as ${run}\nepisodes: 100\n`);
  expect((await learn('Toy-v0', 'first')).stdout).toContain('note: its successor is Toy-v1\n');
  expect((await learn('Toy-v0', 'second')).stdout).not.toContain('note: ');
  await world().run('%%environment caf\u00e9\nid: Toy-v0\n');
  expect((await learn('caf\u00e9', 'third')).stdout).not.toContain('note: ');
  expect((await learn('cafe\u0301', 'fourth')).stdout).not.toContain('note: ');
});

test('start takes the text of a policy cell', async () => {
  const source = toySource({ mean: 30 });
  await world().run(`%%policy careful\n${source}`);
  const ran = await world().run('%%learn Toy-v0 as first\nepisodes: 100\nstart: careful\n');
  expect(ran.error).toBe('');
  expect(await recordedSettings('first')).toMatchObject({ event: { settings: { start: source } } });
});

describe('what no declaration is to blame for is said as it is', () => {
  test('an interrupt while an expression is evaluated', async () => {
    world().expressionError = 'KeyboardInterrupt';
    const ran = await world().run('%%learn Toy-v0 as first\nseed: !py SLOW\n');
    expect(ran.error).toBe('KeyboardInterrupt: the cell was stopped');
  });

  test.each([
    ['cancelled', 'KeyboardInterrupt: the cell was stopped'],
    ['evaluator_died', 'EvaluatorError: the evaluator ended'],
  ])('a folder that is not read because of %s', async (code, error) => {
    const refused = refuseWith(code, 'the evaluator ended');
    Object.assign(world().evaluator.own, { 'folder.describe': refused, 'policy.inline': refused });
    expect((await world().run('%%learn Toy-v0 as first\npolicy: {data: tables}\n')).error).toBe(error);
    await mkdir(join(world().folder, 'parts'));
    expect((await world().run('%diff ./parts ./parts')).error).toBe(error);
  });
});

describe('a wrong declaration is an error at its place, and nothing is written', () => {
  test.each([
    ['a key that does not exist', 'episode: 100\n', /^DeclarationError: line 2, column 1: .*episodes/],
    ['a wrong value', 'episodes: many\n', /^DeclarationError: line 2, column 11: /],
    ['two mistakes', 'episodes: many\nsead: 1\n', /^DeclarationError: line 2.*\(and 1 more\)$/],
    [
      'an expression that fails',
      'seed: !py NOTHING\n',
      /^DeclarationError: line 2.*NOTHING could not be evaluated/,
    ],
    ['an old key', 'control: run\n', /^DeclarationError: line 2.*error_rate/],
    [
      'names that do not fit',
      'observation: [a, b]\n',
      /^DeclarationError: line 2.*2 names for 1 coordinates/,
    ],
    [
      'a start that is not there',
      'start: careful\n',
      /^ReferenceError: line 2.*no run or policy is called 'careful'/,
    ],
    ['an author without its key', 'author: {kind: openai, model: m}\n', /^AuthorError: line 2/],
  ])('%s', async (_, body, error) => {
    const ran = await world().run(`%%learn Toy-v0 as first\n${body}`);
    expect(ran.error).toMatch(error);
    await expectNothingWritten();
  });

  test('an environment that does not exist, with the nearest declared one', async () => {
    await world().run('%%environment hill\nid: Toy-v0\n');
    world().evaluator.own['environment.describe'] = refuseWith('unknown_environment', 'there is no hil.');
    const ran = await world().run('%%learn hil as first\nepisodes: 10\n');
    expect(ran.error).toBe("EnvironmentError: line 1, column 9: there is no hil; a cell has declared 'hill'");
    await expectNothingWritten();
  });

  test.each([
    ['cart', 'If a cell of the notebook declares cart, run that cell first.'],
    ['Cart-v1', ''],
  ])('an environment that no cell is known to have declared: %s', async (name, hint) => {
    const message = `no environment is registered as ${name}.`;
    world().evaluator.own['environment.describe'] = refuseWith('unknown_environment', message);
    const ran = await world().run(`%%learn ${name} as first\nepisodes: 10\n`);
    expect(ran.error).toBe(`EnvironmentError: line 1, column 9: ${message} ${hint}`.trimEnd());
  });

  test('arguments that the environment does not take', async () => {
    world().evaluator.own['environment.describe'] = refuseWith('environment_error', 'unexpected argument g');
    const ran = await world().run('%%learn Toy-v0 as first\nepisodes: 10\nkwargs: {g: 1}\n');
    expect(ran.error).toMatch(/^EnvironmentError: line 3, column \d+: unexpected argument g$/);
    await expectNothingWritten();
  });

  test('coordinates that the environment does not have', async () => {
    world().evaluator.own['environment.describe'] = () => ({
      ok: false,
      code: 'environment_error',
      message: 'observe: indices run from 0 to 0',
      detail: { key: 'observe' },
    });
    const ran = await world().run('%%learn Toy-v0 as first\nkwargs: {g: 1}\nobserve: [4]\n');
    expect(ran.error).toMatch(/^EnvironmentError: line 3, column \d+: observe: /);
  });

  test('a start that cannot be played', async () => {
    await world().run(`%%policy broken\n${toySource({ mean: 1, broken: 'raised' })}`);
    const ran = await world().run('%%learn Toy-v0 as first\nepisodes: 10\nstart: broken\n');
    expect(ran.error).toMatch(/^PolicyError: line 3.*broken cannot be played: line 3, column 1, step 5/);
    await expectNothingWritten();
  });

  test('a folder of data that cannot be read', async () => {
    world().evaluator.own['folder.describe'] = refuseWith('folder_error', 'there is no folder tables');
    const ran = await world().run('%%learn Toy-v0 as first\nepisodes: 10\npolicy: {data: tables}\n');
    expect(ran.error).toMatch(/^PolicyError: line 3.*there is no folder tables$/);
    await expectNothingWritten();
  });

  test('a machine on which policies cannot be confined', async () => {
    const message = 'policies would run unconfined; %consent 0 lets them';
    world().evaluator.own['sandbox.level'] = refuseWith('consent_needed', message);
    const ran = await world().run('%%learn Toy-v0 as first\nepisodes: 10\n');
    expect(ran.error).toBe(`ConsentError: ${message}`);
    await expectNothingWritten();
  });
});

test('a record is shown although no policy may run any more', async () => {
  const cell = '%%learn Toy-v0 as first\nepisodes: 300\n';
  await world().run(cell);
  world().evaluator.own['sandbox.level'] = refuseWith('consent_needed', 'policies would run unconfined');
  expect((await world().run(cell)).error).toBe('');
});

describe('cells that declare', () => {
  test('an environment is shown with its spaces and registered', async () => {
    const ran = await world().run('%%environment hill\nid: Toy-v0\nobservation: [height]\n');
    expect(ran.error).toBe('');
    expect(ran.registrations).toEqual([
      expect.objectContaining({ kind: 'environment', name: 'hill', observation: ['height'] }),
    ]);
    expect(textOf(ran)).toContain(`at most ${toyFacts.maxEpisodeSteps} steps`);
  });

  test('a policy is scored in its environment', async () => {
    const ran = await world().run(`%%policy careful for Toy-v0\n${toySource({ mean: 30 })}`);
    expect(ran.error).toBe('');
    expect(textOf(ran)).toMatch(/^careful: .*\nToy-v0: 30/);
  });

  test('a policy that fails is an error with its line in the cell', async () => {
    const ran = await world().run(`%%policy broken for Toy-v0\n${toySource({ mean: 30, broken: 'raised' })}`);
    expect(ran.error).toBe(
      'PolicyError: line 4, column 1, step 5 of the episode with seed 0: ZeroDivisionError',
    );
    expect(ran.traceback).toContain('code: raised');
    // The text is the user's, and is kept whatever it does.
    expect(ran.traceback).toContain(
      'broken is kept as it is: %replay broken seed=0 plays the episode that failed',
    );
    expect((await world().run('%diff broken broken')).error).toBe('');
  });

  test('a policy that does not parse', async () => {
    const ran = await world().run(`%%policy broken\n${toySource({ mean: 0, broken: 'syntax_error' })}`);
    expect(ran.error).toBe('PolicyError: not Python');
  });

  test('lines that the compiler names are lines of the cell', async () => {
    const message = 'expected an indented block after function definition on line 1';
    world().evaluator.own['policy.describe'] = () => ({
      ok: false,
      code: 'syntax_error',
      message,
      detail: { line: 2, column: 1, seed: null, step: null },
    });
    const ran = await world().run('%%policy broken\ndef act(observation):\nreturn 1\n');
    expect(ran.error).toBe(
      'PolicyError: line 3, column 1: expected an indented block after function definition on line 2',
    );
  });

  test('an interrupted request is named after what the user did', async () => {
    world().evaluator.own['environment.describe'] = () => ({
      ok: false,
      code: 'cancelled',
      message: 'environment.describe was cancelled',
      detail: null,
    });
    const ran = await world().run('%%simulator Hill\nimport nothing\n');
    expect(ran.error).toBe('KeyboardInterrupt: the cell was stopped');
  });

  test('the file of a simulator is quoted where it fails', async () => {
    world().evaluator.own['environment.describe'] = () => ({
      ok: false,
      code: 'simulator_error',
      message: 'no such thing',
      detail: { line: 2 },
    });
    const ran = await world().run('%%simulator Hill\nimport nothing\n');
    expect(ran.error).toBe('SimulatorError: no such thing');
    expect(ran.traceback).toContain('    import nothing');
  });
});

test('a simulator whose constructor has to be given an argument is kept, and says which cell gives it', async () => {
  const { own } = world().evaluator;
  own['environment.describe'] = () => ({
    ok: false,
    code: 'simulator_error',
    message: 'the constructor of the simulator Hill has no default for `size`',
    detail: { line: null, missing: ['size'] },
  });
  const kept = await world().run('%%simulator Hill\nclass Hill: ...\n');
  expect(kept.error).toBe('');
  expect(textOf(kept)).toContain('%%environment my_Hill\nid: Hill\nkwargs: {size: VALUE}\n');
  // A cell that does not give it says the same.
  const without = await world().run('%%learn Hill as first\nepisodes: 10\n');
  expect(without.error).toBe(
    'SimulatorError: the constructor of the simulator Hill has no default for `size`',
  );
  const asked: unknown[] = [];
  own['environment.describe'] = (params) => {
    asked.push(params);
    return { ok: false, code: 'cancelled', message: '', detail: null };
  };
  await world().run('%%environment big\nid: Hill\nkwargs: {size: 3}\n');
  expect(asked).toEqual([
    expect.objectContaining({
      environment: expect.objectContaining({
        simulator: expect.objectContaining({ name: 'Hill' }) as unknown,
        kwargs: { size: 3 },
      }) as unknown,
    }),
  ]);
});

test('a file is a policy by its path', async () => {
  await writeFile(join(world().folder, 'mine.py'), toySource({ mean: 30 }));
  const ran = await world().run('%%learn Toy-v0 as first\nepisodes: 100\nstart: ./mine.py\n');
  expect(ran.error).toBe('');
});
