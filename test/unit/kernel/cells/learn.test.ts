import { readFileSync, writeFileSync } from 'node:fs';
import { appendFile, mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toySource } from '../../engine/simulation';
import { CellWorld, textOf, useCellWorld } from './cell-world';

const world = useCellWorld();

const first = '%%learn Toy-v0 as first\nauthor: search\nepisodes: 600\nseed: 1\n';

const readRecord = async (run: string): Promise<string> =>
  readFile(join(world().runsFolder, run, 'events.jsonl'), 'utf8');

describe('opening', () => {
  test('a new name makes a run folder, registers the run, and ends with a champion', async () => {
    const ran = await world().run(first);
    expect(ran.error).toBe('');
    expect(ran.registrations).toEqual([
      {
        declarations: [
          expect.objectContaining({ kind: 'environment', name: 'Toy-v0' }),
          { kind: 'learn', name: 'first', folder: join(world().runsFolder, 'first'), environment: 'Toy-v0' },
        ],
      },
    ]);
    expect(textOf(ran)).toContain('first@');
    expect(await readdir(world().runsFolder)).toEqual(['first']);
  });

  test('an unchanged declaration that has finished shows its record and plays nothing', async () => {
    await world().run(first);
    const record = await readRecord('first');
    const restarted = new CellWorld(world().folder);
    const ran = await restarted.run(first);
    expect(ran.error).toBe('');
    expect(ran.stdout).toContain('first has finished with this declaration');
    expect(restarted.evaluator.episodes).toBe(0);
    expect(await readRecord('first')).toBe(record);
  });

  test('an interrupted run goes on where it was left and ends as an uninterrupted one', async () => {
    const interrupt = new AbortController();
    const evaluations = { count: 0 };
    world().evaluator.interfere = (method) => {
      if (method === 'evaluate' && ++evaluations.count === 3) interrupt.abort();
      return undefined;
    };
    const stopped = await world().run(first, interrupt.signal);
    expect(stopped.error).toMatch(/^KeyboardInterrupt: first was stopped\. .*Run the cell again to go on\.$/);
    const restarted = new CellWorld(world().folder);
    const resumed = await restarted.run(first);
    expect(resumed.error).toBe('');
    expect(resumed.stdout).toContain('first goes on where it was left');
    expect(await readdir(world().runsFolder)).toEqual(['first']);
  });

  test('a folder that policybook 0.1 wrote stays as first~1, and the cell says so', async () => {
    const folder = join(world().runsFolder, 'first');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'repeats.json'), JSON.stringify({ repeat: 2, settings: { old: true } }));
    const ran = await world().run(first);
    expect(ran.stdout).toContain(
      'the folder of the repeated run first was written in format 1 by policybook 0.1; it stays as first~1, unchanged',
    );
    expect(await readdir(join(world().runsFolder, 'first~1'))).toEqual(['repeats.json']);
  });

  test('a changed declaration starts a new run, and the old one stays as first~1', async () => {
    await world().run(first);
    const record = await readRecord('first');
    const ran = await world().run(first.replace('seed: 1', 'seed: 2'));
    expect(ran.error).toBe('');
    expect(ran.stdout).toContain(
      'the earlier run is now first~1 and is not gone on with, because the declaration changed (seed: 1 → 2)',
    );
    expect(await readRecord('first~1')).toBe(record);
    expect(await readRecord('first')).not.toBe(record);
  });

  test('again: true learns a finished run once more and says whether it came out as before', async () => {
    await world().run(first);
    const ran = await world().run(`${first}again: true\n`);
    expect(ran.error).toBe('');
    expect(ran.stdout).toContain('the earlier run is now first~1\n');
    expect(ran.stdout).toMatch(/first reproduces first~1: all \d+ events are the same/);
  });

  test('again: true on a run that was interrupted begins from its start, compares nothing, and says how the run would go on', async () => {
    const interrupt = new AbortController();
    let evaluations = 0;
    world().evaluator.interfere = (method) => {
      if (method === 'evaluate' && ++evaluations === 3) interrupt.abort();
      return undefined;
    };
    const stopped = await world().run(`${first}again: true\n`, interrupt.signal);
    expect(stopped.error).toMatch(/Run the cell without `again: true` to go on\.$/);
    const ran = await world().run(`${first}again: true\n`);
    expect(ran.error).toBe('');
    expect(ran.stdout).toContain('the earlier run is now first~1\n');
    expect(ran.stdout).not.toContain('first~1: all');
  });

  test('a cell that fails before its run begins lets the folder go', async () => {
    world().registrationError = new Error('the workbench is gone');
    await expect(world().run(first)).rejects.toThrow('the workbench is gone');
    world().registrationError = null;
    expect((await world().run(first)).error).toBe('');
  });

  test('a broken record is refused and left as it is', async () => {
    await world().run(first);
    const path = join(world().runsFolder, 'first', 'events.jsonl');
    await writeFile(path, (await readRecord('first')).replace('"run_declared"', '"run_undeclared"'));
    const ran = await world().run(first);
    expect(ran.error).toMatch(/^RunError: /);
    expect(await readdir(world().runsFolder)).toEqual(['first']);
  });

  test('a line that was cut off by a crash is repaired and said', async () => {
    await world().run(first);
    await appendFile(join(world().runsFolder, 'first', 'events.jsonl'), '{"half a li');
    const ran = await world().run(first);
    expect(ran.error).toBe('');
    expect(ran.stdout).not.toBe('');
  });
});

describe('running', () => {
  test('a run that finds no policy is an error that says what to do', async () => {
    const nothing = { proposals: [], findings: [], limitation: null, exhausted: true };
    const usage = { episodes: 0, steps: 0, modelSteps: 0, cpuSeconds: 0 };
    world().evaluator.own['search.propose'] = () => ({ ok: true, value: { ...nothing, usage } });
    const ran = await world().run(first);
    // More of a budget that was not used up would change nothing.
    expect(ran.error).toMatch(
      /^RunError: first found no policy: .*Another `author:`, .* may lead further\.$/,
    );
  });

  test('in the background the cell ends at once; the run can be waited for', async () => {
    const ran = await world().run(`${first}background: true\n`);
    expect(ran.error).toBe('');
    const again = await world().run(first);
    expect(again.error).toBe(
      'RunError: first goes on in the background: %wait first waits for it, %stop first ends it',
    );
    for (const command of ['%audit first', '%audit first@1'])
      expect((await world().run(command)).error).toMatch(
        /^RunError: first goes on in the background: %wait first waits for it, %stop first ends it$/,
      );
    const waited = await world().run('%wait first');
    expect(waited.error).toBe('');
    expect(textOf(waited)).toContain('first@');
  });

  test('%stop ends a run in the background and keeps what it found', async () => {
    await world().run(`${first}background: true\n`);
    const stopped = await world().run('%stop first');
    expect(stopped.error).toBe('');
    expect(stopped.stdout).toMatch(/first (was stopped|had just ended)/);
    expect((await world().run('%stop first')).stdout).toBe('first is not running; %attach first shows it\n');
  });

  test('a run that has failed in the background says so when it is waited for or stopped later', async () => {
    const { evaluator } = world();
    const request = evaluator.request.bind(evaluator);
    evaluator.request = (method, params, options) => {
      if (method !== 'evaluate') return request(method, params, options);
      return Promise.resolve({ ok: false, code: 'evaluator_lost', message: 'it is gone', detail: null });
    };
    await world().run(`${first}background: true\n`);
    const waited = await world().run('%wait first');
    expect(waited.error).toMatch(/^RunError: .*it is gone/);
    const later = await world().run('%stop first');
    expect(later.error).toBe('');
    expect(later.stdout).toMatch(
      /^first is not running: it failed, RunError: .*it is gone.*; %attach first shows it\n$/s,
    );
    expect((await world().run('%wait first')).error).toBe(waited.error);
    // Run again, its own end counts.
    evaluator.request = request;
    expect((await world().run(first)).error).toBe('');
    expect((await world().run('%wait first')).error).toBe('');
  });

  test('a finished record is shown in the cell that is run again, where the cell ends with it', async () => {
    for (const cell of [
      `${first}background: true\n`,
      `${first.replace('first', 'twice')}repeat: 2\nbackground: true\n`,
    ]) {
      await world().run(cell);
      await world().run(`%wait ${cell.includes('twice') ? 'twice' : 'first'}`);
      const again = await world().run(cell);
      const { outputs, stdout } = again;
      expect(outputs.length).toBeGreaterThan(0);
      if (!cell.includes('twice')) expect(stdout).toContain('first has finished with this declaration');
    }
  });
});

test('%stop that is interrupted does not wait for the end of the run', async () => {
  let letDraw: () => void = () => undefined;
  const drawn = new Promise<void>((resolve) => {
    letDraw = resolve;
  });
  const { evaluator } = world();
  const request = evaluator.request.bind(evaluator);
  evaluator.request = async (method, params, options) => {
    if (method === 'figure.png') await drawn;
    return request(method, params, options);
  };
  await world().run(`${first}background: true\n`);
  const interrupt = new AbortController();
  const stopping = world().run('%stop first', interrupt.signal);
  interrupt.abort();
  expect((await stopping).error).toBe('KeyboardInterrupt: first is ending; %wait first waits for it');
  letDraw();
});

describe('%wait', () => {
  test('a time longer than timers take is no time that has passed', async () => {
    await world().run(`${first}background: true\n`);
    const waited = await world().run('%wait first most=30d');
    expect(waited.stdout).not.toContain('has not ended');
    expect(textOf(waited)).toContain('first@');
  });

  test('a record that broke is an error although its run ended well', async () => {
    await world().run(`${first}background: true\n`);
    const path = join(world().runsFolder, 'first', 'events.jsonl');
    // The last picture is drawn when all of the run is recorded and its cell has not ended.
    world().evaluator.own['figure.png'] = () => {
      writeFileSync(path, readFileSync(path, 'utf8').replace('"run_stopped"', '"run_stalled"'));
      return { ok: true, value: { png: '' } };
    };
    expect((await world().run('%wait first')).error).toMatch(/^RunError: /);
  });

  test.each(['%wait first/1', '%stop first/1'])(
    '%s says that a replicate goes on with its whole run',
    async (command) => {
      await world().run(`${first}repeat: 2\nbackground: true\n`);
      expect((await world().run(command)).error).toBe(
        'RunError: first goes on in the background: %wait first waits for it, %stop first ends it',
      );
    },
  );
});

describe('replicates', () => {
  const repeated = `${first}repeat: 3\n`;

  test('each is a run of its own with a seed of its own', async () => {
    const ran = await world().run(repeated);
    expect(ran.error).toBe('');
    const seeds = await Promise.all(
      [1, 2, 3].map(async (replicate) => /"seed":(\d+)/.exec(await readRecord(`first/${replicate}`))?.[1]),
    );
    expect(new Set(seeds).size).toBe(3);
    expect(ran.registrations).toHaveLength(1);
  });

  test('a replicate that has no readable record is an error of %attach, after the others are shown', async () => {
    await world().run(`${first}repeat: 2\n`);
    await rm(join(world().runsFolder, 'first', '2', 'events.jsonl'));
    const ran = await world().run('%attach first');
    expect(ran.error).toContain('there is no run first/2 in ');
    expect(textOf(ran)).toContain('first');
  });

  test('more of them leave those that are there as they are', async () => {
    await world().run(`${first}repeat: 2\n`);
    const record = await readRecord('first/2');
    expect((await world().run(repeated)).error).toBe('');
    expect(await readRecord('first/2')).toBe(record);
    expect(await readRecord('first/3')).not.toBe('');
  });

  test('an interrupt ends the replicate that is learning, and the cell goes on with it later', async () => {
    const interrupt = new AbortController();
    const rounds = { count: 0 };
    world().evaluator.interfere = (method) => {
      if (method === 'evaluate' && ++rounds.count === 12) interrupt.abort();
      return undefined;
    };
    const stopped = await world().run(repeated, interrupt.signal);
    expect(stopped.error).toMatch(/^KeyboardInterrupt: first\/\d was stopped\./);
    expect((await new CellWorld(world().folder).run(repeated)).error).toBe('');
    expect((await readdir(join(world().runsFolder, 'first'))).filter((name) => /^\d$/.test(name))).toEqual([
      '1',
      '2',
      '3',
    ]);
  });
});

describe('a name in another spelling', () => {
  const composed = 'caf\u00e9';
  const decomposed = 'cafe\u0301';

  test('is the same name in cells, commands and folders', async () => {
    await world().run(`%%environment ${decomposed}\nid: Toy-v0\n`);
    await world().run(`%%learn ${composed} as ${decomposed}\nepisodes: 600\n`);
    expect(await readdir(world().runsFolder)).toEqual([composed]);
    const again = await world().run(`%%learn ${decomposed} as ${composed}\nepisodes: 600\n`);
    expect(again.stdout).toContain(`${composed} has finished with this declaration`);
    expect((await world().run(`%attach ${decomposed}`)).error).toBe('');
    await world().run(`%%policy ${decomposed}1 for ${composed}\n${toySource({ mean: 1 })}`);
    const compared = await world().run(`%%compare\npolicies: [${decomposed}, ${composed}1]\nepisodes: 20\n`);
    expect(compared.error).toBe('');
    expect(compared.stdout).toBe('');
  });

  test('finds a folder that was named as its cell spelt it', async () => {
    await world().run(`%%learn Toy-v0 as ${composed}\nepisodes: 600\n`);
    const { runsFolder } = world();
    await rename(join(runsFolder, composed), join(runsFolder, decomposed));
    for (const name of [composed, decomposed]) {
      expect((await world().run(`%replay ${name}`)).error).not.toContain('no run or policy');
      const again = await world().run(`%%learn Toy-v0 as ${name}\nepisodes: 600\n`);
      expect(again.stdout).toContain('has finished with this declaration');
    }
    const changed = await world().run(`%%learn Toy-v0 as ${composed}\nepisodes: 500\n`);
    expect(changed.stdout).toContain('the earlier run is now');
    expect(await readdir(runsFolder)).toHaveLength(2);
    expect((await world().run(`%attach ${composed}~1`)).error).toBe('');
  });
});
