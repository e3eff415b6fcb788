import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fold, learn, runEvent } from '@policybook/engine';
import { openRun } from '@policybook/store';
import { ScriptedAuthor, stillClock, toyFacts, toySettings, toySource } from '../../engine/simulation';
import { z } from 'zod';
import { CellWorld, textOf, useCellWorld } from './cell-world';

const world = useCellWorld();

const recordedLine = z.object({ event: runEvent });

async function declarePolicies(of = world()): Promise<void> {
  await of.run(`%%policy low\n${toySource({ mean: 10, luck: 5 })}`);
  await of.run(`%%policy high\n${toySource({ mean: 40, luck: 5 })}`);
}

const both = '%%compare as bench\nenvironment: Toy-v0\npolicies: [low, high]\nepisodes: 40\n';

test('policies are played on the same seeds and concluded in a folder of their own', async () => {
  await declarePolicies();
  const ran = await world().run(both);
  expect(ran.error).toBe('');
  expect(textOf(ran)).toMatch(/high/);
  expect(await readdir(join(world().runsFolder, 'bench'))).toContain('comparison.jsonl');
  expect(ran.registrations).toEqual([
    {
      declarations: [
        expect.objectContaining({ kind: 'environment' }),
        expect.objectContaining({ kind: 'comparison', name: 'bench' }),
      ],
    },
  ]);
});

test('policies by hand are compared in the environment that the first of them names', async () => {
  await world().run(`%%policy low\n${toySource({ mean: 10, luck: 5 })}`);
  await world().run(`%%policy high for Toy-v0\n${toySource({ mean: 40, luck: 5 })}`);
  const ran = await world().run('%%compare as bench\npolicies: [low, high]\nepisodes: 40\n');
  expect(ran.error).toBe('');
  expect(textOf(ran)).toContain('Toy-v0');
});

test('a finished comparison is shown, and a changed one takes its name', async () => {
  await declarePolicies();
  await world().run(both);
  const restarted = new CellWorld(world().folder);
  await declarePolicies(restarted);
  const shown = await restarted.run(both);
  expect(shown.error).toBe('');
  expect(shown.stdout).toContain('bench has finished with this declaration');
  expect(restarted.evaluator.episodes).toBe(0);
  const changed = await restarted.run(both.replace('40', '60'));
  expect(changed.stdout).toContain(
    'the earlier comparison is now bench~1 and is not gone on with, because the declaration changed (episodes: 40 → 60)',
  );
});

test('an interrupted comparison goes on where it was left', async () => {
  await declarePolicies();
  const interrupt = new AbortController();
  world().evaluator.interfere = (method) => {
    if (method === 'evaluate') interrupt.abort();
    return undefined;
  };
  const stopped = await world().run(both, interrupt.signal);
  expect(stopped.error).toBe(
    'KeyboardInterrupt: bench was stopped. What was played is kept. Run the cell again to go on.',
  );
  const restarted = new CellWorld(world().folder);
  await declarePolicies(restarted);
  const resumed = await restarted.run(both);
  expect(resumed.error).toBe('');
  expect(resumed.stdout).toContain('bench goes on where it was left');
});

test("authors' contestants leave runs of their own, which learn as %%learn does", async () => {
  await declarePolicies();
  const ran = await world().run(
    '%%compare as bench\nenvironment: Toy-v0\npolicies: [low]\nauthors: {search: {author: search, episodes: 300, repeat: 2}}\nepisodes: 40\n',
  );
  expect(ran.error).toBe('');
  const record = await readFile(join(world().runsFolder, 'bench-search', '2', 'events.jsonl'), 'utf8');
  expect(record).toContain('"run":"bench-search/2"');
  expect(record).toContain('"run_stopped"');
});

test('a contestant whose author finds no policy ends the cell, and says what may lead further', async () => {
  await declarePolicies();
  const usage = { episodes: 0, steps: 0, modelSteps: 0, cpuSeconds: 0 };
  const value = { proposals: [], usage, findings: [], limitation: null, exhausted: true };
  world().evaluator.own['search.propose'] = () => ({ ok: true, value });
  const ran = await world().run(
    '%%compare as bench\nenvironment: Toy-v0\npolicies: [low]\nauthors: {search: {author: search, episodes: 300}}\nepisodes: 40\n',
  );
  expect(ran.error).toMatch(
    /^CompareError: search: bench-search\/1 found no policy: .*\. Another author or a policy of yours in `start:` may lead further\. What was played is kept\. /,
  );
});

test('the environment is that of the first learned policy where none is named', async () => {
  await world().run('%%learn Toy-v0 as first\nepisodes: 300\n');
  await declarePolicies();
  const ran = await world().run('%%compare as bench\npolicies: [low, first]\nepisodes: 40\n');
  expect(ran.error).toBe('');
});

test('a comparison in which every episode fails is an error with the cause and what to do, shown again too', async () => {
  await world().run(`%%policy low\n${toySource({ mean: 10, broken: 'raised' })}`);
  await world().run(`%%policy high\n${toySource({ mean: 20, broken: 'raised' })}`);
  for (const ran of [await world().run(both), await world().run(both)]) {
    expect(ran.error).toMatch(
      /^CompareError: every episode failed, so that there is nothing to compare: low: .* high: .*\. Correct the policies, .*; again: true plays the same ones once more\.$/,
    );
    expect(textOf(ran)).toContain('every episode failed');
    expect(textOf(ran)).not.toContain('leads with');
  }
});

test('a contestant that is gone when it is to play ends the cell with its own sentence and with what is kept', async () => {
  await declarePolicies();
  const texts = [{ label: 'random', source: toySource({ mean: 1 }) }];
  const gone = { ok: false as const, code: 'evaluator_died', message: 'the evaluator ended.', detail: null };
  let requests = 0;
  world().evaluator.own['baseline.texts'] = () => (requests++ === 0 ? { ok: true, value: { texts } } : gone);
  const ran = await world().run(
    '%%compare as bench\nenvironment: Toy-v0\npolicies: [low]\nbaselines: [random]\nepisodes: 40\n',
  );
  expect(ran.error).toBe(
    'CompareError: random: the evaluator ended. What was played is kept. Remove the cause, then run the cell again to go on.',
  );
});

/** Writes the record of a finished run whose author was a model. */
async function writeModelRun(run: string): Promise<void> {
  const author = {
    kind: 'openai',
    model: 'm',
    baseUrl: null,
    keyVariable: 'OPENAI_API_KEY',
    temperature: null,
    maxTokens: 4000,
    price: null,
    instructions: null,
  };
  const settings = toySettings({ author });
  const opened = await openRun(world().runsFolder, {
    run,
    settings,
    cell: '',
    environment: {},
    again: false,
  });
  if (!opened.ok) throw new Error(opened.message);
  const { folder } = opened.value;
  const ports = {
    author: new ScriptedAuthor([[{ mean: 10 }]]),
    evaluator: world().evaluator,
    journal: folder,
    clock: stillClock,
  };
  await learn({ run, settings, facts: toyFacts }, ports, { signal: new AbortController().signal });
  await folder.close();
}

test('a recorded model that is to be sampled without its key is an error before anything is played', async () => {
  await writeModelRun('first');
  const { episodes } = world().evaluator;
  const ran = await world().run('%%compare as bench\npolicies: [first]\nbaselines: [sampling]\n');
  expect(ran.error).toMatch(/^AuthorError: line 3, column \d+: .*OPENAI_API_KEY/);
  expect(world().evaluator.episodes).toBe(episodes);
  expect(await readdir(world().runsFolder)).toEqual(['first']);
});

describe('names of runs and comparisons', () => {
  const run = '%%learn Toy-v0 as first\nepisodes: 300\n';

  test.each(['first', 'first@1', 'first/1', 'first~1'])(
    'a comparison that would take the name from %s is refused before anything is renamed',
    async (reference) => {
      await world().run(reference === 'first/1' ? `${run}repeat: 2\n` : run);
      if (reference === 'first~1') await world().run(`${run}seed: 2\n`);
      const before = await readdir(world().runsFolder);
      const compare = `%%compare as first\npolicies: [${reference}]\nepisodes: 40\n`;
      for (const ran of [await world().run(compare), await world().run(compare)])
        expect(ran.error).toMatch(
          /^DeclarationError: line 2, column \d+: the comparison cannot be called first: it would take the name from the run that it compares; write %%compare as another name$/,
        );
      expect(await readdir(world().runsFolder)).toEqual(before);
      const other = await world().run(compare.replace('as first', 'as bench'));
      expect(other.error).toBe('');
    },
  );

  test('a cell that takes the name of the other kind says which kind gave it up', async () => {
    await declarePolicies();
    await world().run(both);
    const learned = await world().run(run.replace('first', 'bench'));
    expect(learned.stdout).toContain(
      'the earlier comparison is now bench~1, because this cell makes a run of its name\n',
    );
    const compared = await world().run(both);
    expect(compared.stdout).toContain(
      'the earlier run is now bench~1, because this cell makes a comparison of its name; bench~1 is now bench~2\n',
    );
    await world().run(both.replace('40', '60'));
    expect((await world().run(both)).stdout).toContain('; bench~1 to bench~3 are now bench~2 to bench~4\n');
  });

  test('a comparison is no policy, and a command that needs one says so', async () => {
    await declarePolicies();
    await world().run(both);
    expect((await world().run('%audit bench')).error).toBe(
      "ReferenceError: 'bench' is a comparison, and no run or policy; %attach bench shows it",
    );
  });

  test('a name that a run and a %%policy cell share is refused with how to write each', async () => {
    await declarePolicies();
    await world().run(run.replace('first', 'high'));
    const message =
      "'high' is a run and a %%policy cell: high@best is the run's best policy; for the cell's policy run the cell under another name";
    for (const command of ['%audit high', '%export high', '%replay high', '%diff high', '%diff low high'])
      expect((await world().run(command)).error).toBe(`ReferenceError: ${message}`);
    expect((await world().run(both)).error).toBe(`ReferenceError: line 3, column 17: ${message}`);
    expect((await world().run('%diff low high@best')).error).toBe('');
    expect((await world().run('%attach high')).error).toBe('');
    expect((await world().run('%diff hgih low')).error).toMatch(/There are: high, low\.$/);
  });
});

test('an author that would learn in the run of a policy that takes part is refused', async () => {
  await world().run('%%learn Toy-v0 as bench-search\nepisodes: 300\n');
  const ran = await world().run(
    '%%compare as bench\npolicies: [bench-search]\nauthors: {search: {author: search, episodes: 300}}\n',
  );
  expect(ran.error).toMatch(
    /^DeclarationError: line 3.*'search' would be learned in the run bench-search, which 'bench-search' comes from; give 'search' another name$/,
  );
});

test('a comparison whose kernel died before its first line has not started', async () => {
  await declarePolicies();
  await world().run(both);
  await writeFile(join(world().runsFolder, 'bench', 'comparison.jsonl'), '');
  expect((await world().run('%attach bench')).error).toBe(
    'CompareError: the comparison bench has not started: run its cell again',
  );
});

test('policies that play in another environment than their own are named, with what is different', async () => {
  await world().run('%%environment short\nid: Toy-v0\nmax_episode_steps: 10\n');
  await world().run(`%%policy low for Toy-v0\n${toySource({ mean: 10, luck: 5 })}`);
  await world().run('%%learn Toy-v0 as first\nepisodes: 600\n');
  const cell = '%%compare as bench\nenvironment: short\npolicies: [low, first]\nepisodes: 25\n';
  const ran = await world().run(cell);
  expect(ran.error).toBe('');
  expect(ran.stdout).toBe(
    'low was declared for Toy-v0, and is played here in short (max_episode_steps: none → 10)\n' +
      'first was learned in Toy-v0, and is played here in short (max_episode_steps: none → 10)\n',
  );
  const own = await world().run(cell.replace('short', 'Toy-v0').replace('bench', 'own'));
  expect(own.stdout).toBe('');
});

test('a comparison that has finished in the background is shown in its cell', async () => {
  await declarePolicies();
  await world().run(`${both}background: true\n`);
  await world().run('%wait bench');
  const again = await world().run(`${both}background: true\n`);
  expect(again.stdout).toContain('bench has finished with this declaration');
  expect(textOf(again)).toContain('high leads');
});

test('a comparison in the background refuses a second writer as comparisons do', async () => {
  await declarePolicies();
  await world().run(`${both}background: true\n`);
  expect((await world().run(both)).error).toMatch(/^CompareError: bench goes on in the background: /);
  expect((await world().run('%stop bench')).error).toBe('');
});

test('an earlier champion took what the run had used when it was promoted, whatever followed', async () => {
  await world().run('%%learn Toy-v0 as first\nepisodes: 600\n');
  await world().run('%%compare as bench\npolicies: [first@1, first]\nepisodes: 25\n');
  const record = await readFile(join(world().runsFolder, 'first', 'events.jsonl'), 'utf8');
  const events = record
    .trim()
    .split('\n')
    .map((line) => recordedLine.parse(JSON.parse(line)).event);
  const [promotion] = fold(events)?.championHistory ?? [];
  expect(promotion?.candidate).toBe(1);
  const compared = await readFile(join(world().runsFolder, 'bench', 'comparison.jsonl'), 'utf8');
  const loaded = compared
    .split('\n')
    .find((line) => line.includes('"first@1"') && line.includes('contestant_loaded'));
  expect(loaded).toContain(`"episodes":${promotion?.at.episodes},`);
});

describe('a wrong declaration is an error at its place', () => {
  test.each([
    [
      'a policy that is not there',
      'environment: Toy-v0\npolicies: [low, hgih]\n',
      /^ReferenceError: line 3.*did you mean 'high'/,
    ],
    [
      'no environment',
      'policies: [low, high]\n',
      /^DeclarationError: .*no contestant was learned or declared in one/,
    ],
    [
      'a contestant to compare with that does not take part',
      'environment: Toy-v0\npolicies: [low, high]\nagainst: other\n',
      /^DeclarationError: line 4.*\(low, high\), found 'other'/,
    ],
    [
      'an agent that is not there',
      'environment: Toy-v0\npolicies: [low, ./none.npz]\n',
      /^ReferenceError: line 3.*none\.npz does not exist; paths start at /,
    ],
    [
      'nothing to sample',
      'environment: Toy-v0\npolicies: [low, high]\nbaselines: [sampling]\n',
      /^DeclarationError: line 4.*no model to sample/,
    ],
    [
      'two authors that would learn in one run',
      'environment: Toy-v0\nauthors:\n  fast: {author: search, episodes: 100}\n  fast-: {author: search, episodes: 200}\n',
      /^DeclarationError: line 5.*'fast' and 'fast-' would both be learned in the run bench-fast; /,
    ],
    [
      "an author's simplifier in an environment of other arguments",
      'environment: Toy-v0\nauthors:\n  fast: {author: search, episodes: 100, simplify: {on: [paid]}}\n',
      /^DeclarationError: line 4.*paid is no variant of Toy-v0: .*`reward` must be the same in both$/,
    ],
    [
      'a sample and an author that would be learned in one run',
      'environment: Toy-v0\nauthors:\n  model: {author: {kind: openai, model: m}, episodes: 100}\n  model-sampled: {author: search, episodes: 100}\nbaselines: [sampling]\n',
      /^DeclarationError: line 4.*'model-sampled' and 'model, sampled' would both be learned in the run bench-model-sampled; give one of them another name$/,
    ],
  ])('%s', async (_, body, error) => {
    await declarePolicies();
    await world().run('%%environment paid\nid: Toy-v0\nreward: true\n');
    const ran = await world().run(`%%compare as bench\n${body}`);
    expect(ran.error).toMatch(error);
    expect(await readdir(world().folder)).toEqual([]);
  });

  test('a baseline that the environment has not', async () => {
    await declarePolicies();
    await mkdir(world().runsFolder, { recursive: true });
    world().evaluator.own['baseline.texts'] = () => ({
      ok: false,
      code: 'no_baseline',
      message: 'there is no heuristic for Toy-v0',
      detail: null,
    });
    const ran = await world().run(
      '%%compare as bench\nenvironment: Toy-v0\npolicies: [low]\nbaselines: [heuristic]\nepisodes: 40\n',
    );
    expect(ran.error).toMatch(/^PolicyError: line 4.*there is no heuristic for Toy-v0$/);
    expect(await readdir(world().runsFolder)).toEqual([]);
  });
});
