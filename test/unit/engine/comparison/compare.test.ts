/** A comparison as a whole, in a world whose truth is known: the same events wherever it was cut, and honest numbers. */
import type { Failure, Json } from '../../../../packages/protocol/src';
import {
  compare,
  foldComparison,
  type ComparisonEvent,
  type ComparisonLine,
  type ComparisonSettings,
  type Clocks,
  type ComparisonState,
  type ContestantProvider,
} from '../../../../packages/engine/src/index';
import { buildClocks } from '../../../fixtures/run-events';
import {
  NEXT_SEED,
  ToyEvaluator,
  stillClock,
  toyFacts,
  toyReturn,
  toySource,
  type ToyPolicy,
} from '../simulation';

class MemoryComparison {
  readonly lines: ComparisonLine[] = [];
  private readonly policies = new Map<string, string>();
  beforeAppend: (event: ComparisonEvent) => void = () => undefined;

  append(
    event: ComparisonEvent,
    { measured, isolationLevel: level }: Clocks & { readonly measured?: Json },
  ): Promise<void> {
    this.beforeAppend(event);
    this.lines.push({ event, measured, isolationLevel: level });
    return Promise.resolve();
  }

  keepPolicy(number: number, hash: string, source: string): Promise<string> {
    const file = `${String(number).padStart(4, '0')}-${hash.slice(0, 8)}.py`;
    this.policies.set(file, source);
    return Promise.resolve(file);
  }

  readPolicy(file: string): Promise<string> {
    return Promise.resolve(this.policies.get(file) ?? '');
  }
}

const toys: Readonly<Record<string, readonly ToyPolicy[]>> = {
  good: [{ mean: 20, luck: 5, noise: 2 }],
  poor: [{ mean: 10, luck: 5, noise: 2 }],
  method: [14, 15, 16, 15, 40].map((mean) => ({ mean, luck: 5, noise: 2 })),
  other: [11, 12, 12, 13, 2].map((mean) => ({ mean, luck: 5, noise: 2 })),
  broken: [{ mean: 1, broken: 'raised' }],
  away: [{ mean: -1e12, noise: 1e11 }],
  torn: [{ mean: 2, broken: 'raised' }],
};

function settings(names: readonly string[], episodes = 60): ComparisonSettings {
  return {
    environment: { id: 'Toy-v0', simulator: null, kwargs: {}, observe: null, maxEpisodeSteps: null },
    environmentName: 'Toy-v0',
    returns: [-20, 60],
    episodes,
    seed: 0,
    confidence: 0.95,
    policy: { stepMs: 100, importMs: 1000, memoryMb: 256, imports: [] },
    against: names[0] ?? '',
    contestants: names.map((name) => ({
      name,
      origin: {
        kind: 'policies',
        policies: (toys[name] ?? []).map((_, index) => ({ reference: `${name}/${index + 1}`, hash: '' })),
      },
    })),
  };
}

const provider: ContestantProvider = {
  provide: ({ name }, member) => {
    const policy = toys[name]?.[member - 1];
    if (policy === undefined) throw new Error(`no ${name}`);
    const texts = [{ label: name, source: toySource(policy) }];
    const learning = { learningCpuSeconds: 1, learningWallSeconds: 2 };
    return Promise.resolve({
      ok: true,
      value: { reference: `${name}/${member}`, texts, usage: { steps: 1000 }, learning },
    });
  },
};

interface Play {
  readonly names: readonly string[];
  readonly journal?: MemoryComparison;
  readonly signal?: AbortSignal;
  readonly evaluator?: ToyEvaluator;
  readonly from?: readonly ComparisonLine[];
  readonly episodes?: number;
  readonly bring?: ContestantProvider;
  readonly returns?: null;
}

function played({ names, journal = new MemoryComparison(), ...play }: Play): Promise<ComparisonState> {
  return compare(
    {
      comparison: 'bench',
      settings: { ...settings(names, play.episodes), ...(play.returns === null && { returns: null }) },
      facts: toyFacts,
    },
    {
      evaluator: play.evaluator ?? new ToyEvaluator(),
      contestants: play.bring ?? provider,
      journal,
      clock: stillClock,
      observer: { onEvent: () => undefined, onProgress: () => undefined },
    },
    {
      signal: play.signal ?? new AbortController().signal,
      resumeFrom: play.from ?? [],
      clocks: buildClocks(0),
    },
  );
}

const eventsOf = (lines: readonly ComparisonLine[]): ComparisonEvent[] => lines.map(({ event }) => event);

/** Without the stops that a later session went on from. */
const undisturbed = (lines: readonly ComparisonLine[]): ComparisonEvent[] =>
  eventsOf(lines).filter((event) => event.type !== 'comparison_stopped' || event.reason === 'finished');

test('all play the same seeds, and the better one is distinguished from the worse', async () => {
  const { conclusion } = (await played({ names: ['good', 'poor'] })).stopped ?? {};
  expect(conclusion?.episodes).toBe(60);
  const [pair] = conclusion?.pairs ?? [];
  expect(pair).toMatchObject({ first: 'good', second: 'poor', improvement: null });
  expect(pair?.difference.mean).toBeGreaterThan(9);
  expect(pair?.difference.low).toBeGreaterThan(0);
  // Seeds matter to both alike: their luck cancels in the difference.
  expect(pair?.difference.deviation).toBeLessThan(conclusion?.contestants[0]?.score.deviation ?? 0);
  expect(pair?.wins.value).toBeGreaterThan(0.95);
});

test('an episode that one policy loses is replaced for all, so that they stay paired, and the record has the seeds', async () => {
  const evaluator = new ToyEvaluator();
  evaluator.loses = ({ mean }, seed) => mean === 20 && seed < NEXT_SEED && seed % 20 === 0;
  const journal = new MemoryComparison();
  const state = await played({ names: ['good', 'poor'], evaluator, journal, episodes: 150 });
  const seeds = state.seeds.map((seed) => (seed % 20 === 0 ? seed + NEXT_SEED : seed));
  expect(seeds).not.toEqual(state.seeds);
  for (const [index, policy] of [toys.good?.[0], toys.poor?.[0]].entries()) {
    const expected = seeds.map((seed) => policy && toyReturn(policy, seed));
    expect(state.policies[index]).toMatchObject({ seeds, returns: expected });
  }
  expect(state.stopped?.conclusion?.pairs[0]?.difference.episodes).toBe(150);
  expect(foldComparison(journal.lines)).toEqual(state);
});

test('of searches, one lucky or unlucky one does not decide', async () => {
  const { conclusion } = (await played({ names: ['method', 'other', 'good'] })).stopped ?? {};
  const [method, other, good] = conclusion?.contestants ?? [];
  expect(method).toMatchObject({ replicates: 5 });
  expect(method?.iqm?.value).toBeGreaterThan(14);
  expect(method?.iqm?.value).toBeLessThan(17.5);
  expect(other?.iqm?.value).toBeGreaterThan(10);
  expect(good?.iqm).toBeNull();
  const [pair] = conclusion?.pairs ?? [];
  expect(pair?.improvement?.value).toBe(1);
  expect(conclusion?.profile.contestants.map(({ name }) => name)).toEqual(['method', 'other', 'good']);
  for (const { above, low, high } of conclusion?.profile.contestants ?? []) {
    expect(above).toHaveLength(conclusion?.profile.thresholds.length ?? 0);
    above.forEach((share, place) => {
      expect(share).toBeGreaterThanOrEqual(low[place] ?? 1);
      expect(share).toBeLessThanOrEqual((high[place] ?? 0) + 1e-12);
    });
  }
});

test('an episode that fails counts as the lower bound, and ends nothing', async () => {
  const evaluator = new ToyEvaluator();
  const state = await played({ names: ['good', 'broken'], evaluator });
  expect(state.policies[1]?.returns).toEqual(Array.from({ length: 60 }, () => null));
  expect(state.policies[1]?.failure).toMatchObject({ code: 'raised' });
  expect(state.stopped?.conclusion?.contestants[1]).toMatchObject({ failed: 60, score: { mean: -20 } });
});

test('a contestant that runs away widens the intervals of no other', async () => {
  const apart = await played({ names: ['good', 'poor'], returns: null });
  const together = await played({ names: ['good', 'poor', 'away'], returns: null });
  const width = (state: ComparisonState) => {
    const [difference] = state.stopped?.conclusion?.pairs.map((pair) => pair.difference) ?? [];
    const [score] = state.stopped?.conclusion?.contestants.map((each) => each.score) ?? [];
    return [difference, score].map((each) => (each === undefined ? NaN : each.high - each.low));
  };
  const [before, after] = [width(apart), width(together)];
  before.forEach((value, index) => {
    expect(after[index]).toBeLessThan(10 * value);
  });
});

test('where every episode fails nothing is concluded, and the end says why', async () => {
  const assumed = await played({ names: ['broken'], returns: null });
  const declaredBounds = await played({ names: ['broken', 'torn'] });
  for (const state of [assumed, declaredBounds]) {
    expect(state.stopped).toMatchObject({ reason: 'finished', conclusion: null });
    expect(state.stopped?.message).toMatch(
      /^every episode failed, so that there is nothing to compare: broken: \S.*/,
    );
  }
  expect(declaredBounds.stopped?.message).toContain(' torn: ');
});

/** What is left of a comparison that was killed after `count` events: its record, and a folder with all its texts. */
async function cutAfter(
  whole: MemoryComparison,
  count: number,
): Promise<{ from: ComparisonLine[]; rest: MemoryComparison }> {
  const rest = new MemoryComparison();
  const from = whole.lines.slice(0, count);
  for (const { event } of from)
    if (event.type === 'contestant_loaded')
      await rest.keepPolicy(
        Number(event.policy.slice(0, 4)),
        event.hash,
        await whole.readPolicy(event.policy),
      );
  return { from, rest };
}

test('killed after any event it ends with the events and the state of one that was not', async () => {
  const whole = new MemoryComparison();
  const names = ['good', 'method'];
  const state = await played({ names, journal: whole });
  const expected = eventsOf(whole.lines);
  expect(expected.map(({ type }) => type).slice(0, 2)).toEqual(['comparison_declared', 'contestant_loaded']);
  for (let cut = 0; cut <= whole.lines.length; cut++) {
    const { from, rest } = await cutAfter(whole, cut);
    expect(await played({ names, journal: rest, from })).toEqual(state);
    expect(eventsOf([...from, ...rest.lines])).toEqual(expected);
  }
});

test('stopped after any event it goes on to the events of one that was not', async () => {
  const whole = new MemoryComparison();
  const names = ['good', 'poor'];
  await played({ names, journal: whole });
  for (let at = 0; at < whole.lines.length - 1; at++) {
    const controller = new AbortController();
    const journal = new MemoryComparison();
    journal.beforeAppend = () => {
      if (journal.lines.length === at) controller.abort();
    };
    const stopped = await played({ names, journal, signal: controller.signal });
    // All of a block are recorded before Stop is looked at: after the last one nothing is left to stop.
    journal.beforeAppend = () => undefined;
    if (stopped.stopped?.reason !== 'finished') await played({ names, journal, from: [...journal.lines] });
    expect(undisturbed(journal.lines)).toEqual(undisturbed(whole.lines));
  }
});

test('where a block comes out differently when it is computed again, the record counts and says so', async () => {
  const whole = new MemoryComparison();
  const names = ['good', 'poor'];
  const state = await played({ names, journal: whole });
  const first = whole.lines.findIndex(({ event }) => event.type === 'block_played');
  const { from, rest } = await cutAfter(whole, first + 1);
  const evaluator = new ToyEvaluator();
  evaluator.drift = 1e-9;
  const resumed = await played({ names, journal: rest, from, evaluator });
  const [difference] = eventsOf(rest.lines);
  expect(difference).toMatchObject({ type: 'recomputed_differently', event: first + 1 });
  expect(resumed.policies[0]?.returns.slice(0, 25)).toEqual(state.policies[0]?.returns.slice(0, 25));
  expect(resumed.stopped?.reason).toBe('finished');
});

test('a policy whose file was changed after it was frozen is not played under its recorded name', async () => {
  const whole = new MemoryComparison();
  const names = ['good', 'poor'];
  await played({ names, journal: whole });
  const { from, rest } = await cutAfter(whole, 5);
  const [good] = eventsOf(from).flatMap((event) => (event.type === 'contestant_loaded' ? [event] : []));
  await rest.keepPolicy(1, good?.hash ?? '', toySource({ mean: 50 }));
  const state = await played({ names, journal: rest, from });
  expect(state.stopped).toMatchObject({ reason: 'failed' });
  expect(state.stopped?.message).toBe(
    `policies/${good?.policy ?? ''} was changed after the comparison wrote it: undo the change, and keep yours in a file of another name`,
  );
});

test('a record that does not fit rejects, and nothing is written', async () => {
  const whole = new MemoryComparison();
  const names = ['good', 'poor'];
  await played({ names, journal: whole });
  const { from, rest } = await cutAfter(whole, 5);
  const wrong = from.filter(({ event }) => event.type !== 'seeds_drawn');
  await expect(played({ names, journal: rest, from: wrong })).rejects.toMatchObject({
    code: 'record_diverged',
  });
  expect(rest.lines).toEqual([]);
});

test('stopped in the middle it keeps what was played, says what that comes to, and goes on', async () => {
  const controller = new AbortController();
  const journal = new MemoryComparison();
  journal.beforeAppend = (event) => {
    if (event.type === 'block_played' && event.start === 25 && event.contestant === 'poor')
      controller.abort();
  };
  const names = ['good', 'poor'];
  const state = await played({ names, journal, signal: controller.signal });
  expect(state.stopped).toMatchObject({ reason: 'interrupted', conclusion: { episodes: 50 } });
  const evaluator = new ToyEvaluator();
  const finished = await played({ names, journal, from: [...journal.lines], evaluator });
  expect(finished.stopped).toMatchObject({ reason: 'finished', conclusion: { episodes: 60 } });
  expect(evaluator.episodes).toBe(20);
  const again = new ToyEvaluator();
  await played({ names, from: [...journal.lines], evaluator: again });
  expect(again.asked).toEqual([]);
});

test('seeds follow from the texts: whoever changes one is not compared on seeds it may have been made for', async () => {
  const seedsOf = async (names: readonly string[]) => (await played({ names })).seeds;
  const one = await seedsOf(['good', 'poor']);
  expect(await seedsOf(['good', 'poor'])).toEqual(one);
  expect(await seedsOf(['poor', 'good'])).toEqual(one);
  expect(await seedsOf(['good', 'other'])).not.toEqual(one);
});

test('of several texts the best is chosen on seeds of its own, and its choice is paid for', async () => {
  const several: ContestantProvider = {
    provide: () => {
      const texts = [{ mean: 3 }, { mean: 30 }, { mean: 20 }].map((policy, index) => ({
        label: `action ${index}`,
        source: toySource(policy),
      }));
      const learning = { learningCpuSeconds: null, learningWallSeconds: null };
      return Promise.resolve({ ok: true, value: { reference: null, texts, usage: {}, learning } });
    },
  };
  const state = await played({ names: ['good'], bring: several });
  expect(state.policies[0]).toMatchObject({ label: 'action 1', usage: { episodes: 96, steps: 960 } });
});

test('a contestant that cannot be brought ends the session with a sentence, and is asked for again in the next', async () => {
  const failing: Failure = { ok: false, code: 'missing_extra', message: 'needs torch', detail: null };
  const journal = new MemoryComparison();
  const state = await played({
    names: ['good', 'poor'],
    journal,
    bring: {
      provide: (contestant, ...rest) =>
        contestant.name === 'poor' ? Promise.resolve(failing) : provider.provide(contestant, ...rest),
    },
  });
  expect(state.stopped).toMatchObject({ reason: 'failed', message: 'poor: needs torch', conclusion: null });
  const whole = await played({ names: ['good', 'poor'], journal, from: [...journal.lines] });
  expect(whole.stopped?.reason).toBe('finished');
  expect(foldComparison(journal.lines)).toEqual(whole);
});

test('what clocks say stands beside the event and not in it', async () => {
  const journal = new MemoryComparison();
  const state = await played({ names: ['good'], journal });
  expect(state.policies[0]?.measured).toEqual({
    learningCpuSeconds: 1,
    learningWallSeconds: 2,
    coldStartMs: 3,
    decisionUs: 2,
  });
  const entered = journal.lines.find(({ event }) => event.type === 'contestant_loaded');
  expect(JSON.stringify(entered?.event)).not.toContain('coldStart');
});
