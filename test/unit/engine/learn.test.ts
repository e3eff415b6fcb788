import { getEventListeners } from 'node:events';
import { UNLIMITED_BUDGET } from '@policybook/protocol';
import {
  fold,
  learn,
  type AuthorRequest,
  type CandidateId,
  type RunProgress,
} from '../../../packages/engine/src/index';
import {
  MemoryJournal,
  NEXT_SEED,
  ScriptedAuthor,
  stillClock,
  toyFacts,
  toyReturn,
  toySettings,
  toySource,
  type ToyPolicy,
} from './simulation';
import { climb, ofType, run, world, type World } from './toy-run';

const episodes = (count: number) => ({ budget: { ...toySettings().budget, episodes: count } });

describe('a run', () => {
  test('climbs from the first candidate over better rules to a tuned and simplified one', async () => {
    const all = world();
    const state = await run(all);
    const champions = ofType(all.journal.events, 'champion_promoted');
    const kinds = champions.map(({ kind }) => kind);
    expect(kinds.slice(0, 3)).toEqual(['structural', 'structural', 'scalar']);
    expect(kinds.at(-1)).toBe('simplification');
    // What is better for a while only is head, and nothing is spent on showing it.
    expect(champions.slice(0, 2).map(({ candidate }) => Number(candidate))).toEqual([1, 7]);
    expect(state.headHistory.slice(0, 2).map(({ candidate }) => Number(candidate))).toEqual([2, 7]);
    expect(state.stopped).toMatchObject({ reason: 'exhausted' });
    expect(state).toEqual(fold(all.journal.events));
    const last = state.championHistory.at(-1);
    const simplest = last && state.candidates.get(last.candidate);
    expect(simplest).toMatchObject({
      verdict: 'equivalent',
      size: { lines: 5 },
      label: 'idea 1.2, simplified',
    });
  });

  test('keeps pairs where one side loses episodes, and records the seeds that were played', async () => {
    const all = world(climb.slice(0, 1));
    all.evaluator.loses = ({ mean }, seed) => mean === 40 && seed < NEXT_SEED && seed % 20 === 0;
    await run(all);
    const compared = ofType(all.journal.events, 'challenger_compared').flatMap(({ pairs }) => pairs ?? []);
    const replaced = compared.filter(({ seeds }) => seeds.some((seed) => seed > NEXT_SEED));
    expect(replaced.length).toBeGreaterThan(0);
    for (const { seeds, challenger } of compared) expect(challenger).toHaveLength(seeds.length);
    const [first] = replaced;
    const gap = toyReturn({ mean: 40, luck: 10 }, 1) - toyReturn({ mean: 0, luck: 10 }, 1);
    first?.seeds.forEach((_, at) => {
      expect((first.challenger[at] ?? 0) - (first.champion[at] ?? 0)).toBeCloseTo(gap, 9);
    });
  });

  test('says what was lost, also where the words of its end speak of something else that was lost', async () => {
    const all = world();
    all.evaluator.loses = (_, seed) => seed < NEXT_SEED && seed % 12 === 0;
    all.evaluator.interfere = (method) =>
      method === 'tune'
        ? { ok: false, code: 'worker_died', message: 'workers were lost 3 times', detail: null }
        : undefined;
    const { stopped, usage } = await run(all);
    expect(usage.lost).toBeGreaterThan(0);
    expect(stopped?.message).toMatch(/workers were lost 3 times .*; \d+ of \d+ episodes lost: RuntimeError/);
  });

  test('gives the same events again', async () => {
    const [once, again] = [world(), world()];
    await run(once);
    await run(again);
    expect(again.journal.events).toEqual(once.journal.events);
  });

  test.each([
    ['at once', () => 0],
    ['in reverse', (request: number) => 100 - (request % 50)],
    ['at random', (request: number) => (request * 7919) % 31],
  ])('gives them whatever the order in which requests are answered: %s', async (_, latency) => {
    const [once, other] = [world(), world()];
    other.evaluator.latency = latency;
    await run(once);
    await run(other);
    expect(other.journal.events).toEqual(once.journal.events);
  });

  test('takes other seeds from another seed', async () => {
    const [zero, one] = [world(), world()];
    await run(zero);
    await run(one, { settings: { seed: 1 } });
    expect(ofType(one.journal.events, 'candidate_raced')[0]?.played.seeds).not.toEqual(
      ofType(zero.journal.events, 'candidate_raced')[0]?.played.seeds,
    );
  });

  test('gives no seed to two purposes', async () => {
    const { journal } = await finished();
    const raced = ofType(journal.events, 'candidate_raced').flatMap((event) => event.played.seeds);
    const streams = [
      ...ofType(journal.events, 'challenger_compared').flatMap((event) => event.pairs?.seeds ?? []),
      ...ofType(journal.events, 'head_measured').flatMap((event) => event.played.seeds),
      ...new Set(raced),
    ];
    expect(new Set(streams).size).toBe(streams.length);
  });

  test('plays the same training seeds with every candidate, in the same order', async () => {
    const { journal } = await finished();
    const orders = new Map<number, number[]>();
    for (const { candidate, played } of ofType(journal.events, 'candidate_raced'))
      orders.set(candidate, [...(orders.get(candidate) ?? []), ...played.seeds]);
    const longest = [...orders.values()].reduce((one, other) => (one.length > other.length ? one : other));
    expect(longest.length).toBeGreaterThan(8);
    for (const seeds of orders.values()) expect(seeds).toEqual(longest.slice(0, seeds.length));
  });

  test('does not end on texts that cannot be played', async () => {
    const broken = Array.from({ length: 8 }, (_, index): ToyPolicy[] => [
      { mean: index, broken: 'syntax_error' },
    ]);
    const all = world([[{ mean: 0, luck: 10 }], ...broken, [{ mean: 60, luck: 10 }]]);
    const state = await run(all, { settings: { tune: false, simplify: false } });
    expect(state.head).toBe(10);
  });

  test('names what was wrong with a candidate, and goes on', async () => {
    const { journal } = await finished();
    const reasons = ofType(journal.events, 'candidate_rejected').map(({ candidate, reason }) => [
      Number(candidate),
      reason.code === 'failed' ? reason.failure.code : `duplicate of ${reason.of}`,
    ]);
    expect(reasons).toEqual([
      [4, 'raised'],
      [5, 'duplicate of 2'],
      [6, 'syntax_error'],
    ]);
  });

  test('tests simplifications against the policy before any, where the margin can be shown', async () => {
    const all = world();
    await run(all, {
      settings: { acceptance: { confidence: 0.95, minEffect: 25, budgetShare: 0.4 }, tune: false },
    });
    const tested = ofType(all.journal.events, 'challenger_compared').filter(
      ({ test }) => test === 'noninferiority',
    );
    expect(tested.map(({ champion, verdict }) => [Number(champion), verdict])).toEqual([
      [7, 'worse'],
      [7, 'equivalent'],
    ]);
    const kinds = ofType(all.journal.events, 'champion_promoted').map(({ kind }) => kind);
    expect(kinds.slice(-2)).toEqual(['simplification', 'simplification']);
  });

  test('spends nothing on simplifications that it could not accept', async () => {
    const { journal, evaluator } = await finished();
    const labels = ofType(journal.events, 'candidate_proposed').map(({ label }) => label);
    expect(evaluator.simplified[0]).toMatchObject({ mostVariants: 0 });
    expect(ofType(journal.events, 'simplifier_finished')[0]?.variants).toBe(0);
    expect(labels).not.toContain('worse');
  });

  test('counts every episode that was played', async () => {
    const all = world();
    const state = await run(all);
    const asked = ofType(all.journal.events, 'author_answered').length;
    expect(state.usage.episodes).toBe(all.evaluator.episodes + 5 * asked);
  });

  test('charges in full what a failure cancelled, and one episode for what cannot run at all', async () => {
    const fragile: ToyPolicy = { mean: 20, luck: 10, broken: 'later' };
    const all = world([[{ mean: 0, luck: 10 }, { mean: 1, broken: 'raised' }, fragile]]);
    await run(all);
    const costs = ofType(all.journal.events, 'candidate_rejected').map(({ usage }) => usage.episodes);
    expect(costs).toEqual([1, 4]);
  });

  test('plays most with those who might be head, and little with those far behind', async () => {
    const field = Array.from({ length: 8 }, (_, index): ToyPolicy => ({
      mean: 10 * index,
      luck: 10,
      noise: 5,
    }));
    const all = world([field]);
    const state = await run(all, { settings: { tune: false, simplify: false } });
    const raced = ofType(all.journal.events, 'candidate_raced');
    const spent = raced.reduce((sum, { usage }) => sum + (usage.episodes ?? 0), 0);
    expect(state.race?.episodes).toBe(spent);
    expect(state.head).toBe(8);
    const played = [...state.candidates.values()].map(({ training }) => training.size);
    expect(Math.min(...played)).toBe(4);
    expect(Math.max(...played)).toBeGreaterThanOrEqual(12);
    expect(played[0]).toBeLessThan(played[6] ?? 0);
  });

  test('has for first champion what the others must beat, or else the first that plays, and the best for head', async () => {
    const [first = []] = climb;
    for (const baseline of [true, false]) {
      const all = world([[{ mean: 5, broken: 'raised' }, ...first]], new MemoryJournal(), baseline);
      await run(all, { settings: { tune: false, simplify: false } });
      const [promoted] = ofType(all.journal.events, 'champion_promoted');
      expect(promoted).toMatchObject({ candidate: 2, previous: null });
      // It was not chosen by its race, whose episodes are a score.
      expect(promoted?.score.episodes).toBeGreaterThanOrEqual(4);
      expect(ofType(all.journal.events, 'head_changed').at(-1)).toMatchObject({ candidate: 3 });
    }
  });

  test('starts from the text that the user gave', async () => {
    const start = JSON.stringify({ mean: 55, luck: 10 });
    const all = world();
    await run(all, { settings: { start } });
    const [first] = ofType(all.journal.events, 'candidate_proposed');
    expect(first).toMatchObject({ candidate: 1, kind: 'by_hand', parent: null });
    expect(ofType(all.journal.events, 'champion_promoted')[0]).toMatchObject({
      candidate: 1,
      previous: null,
    });
    expect(all.author.heard[0]?.state.championHistory).toHaveLength(1);
    expect(all.author.heard[0]?.source(1 as CandidateId)).toBe(start);
  });

  test('reports progress that only grows, and what it is doing', async () => {
    const progress: RunProgress[] = [];
    await run(world(), { progress });
    expect(progress.map((report) => report.activity)).toContain('comparing @7 with @1');
    expect(progress.length).toBeGreaterThan(10);
    const sorted = (values: number[]): number[] => [...values].sort((a, b) => a - b);
    for (const counted of [progress.map(({ episodes }) => episodes), progress.map(({ steps }) => steps)]) {
      expect(counted).toEqual(sorted(counted));
      expect(counted.at(-1)).toBeGreaterThan(counted[0] ?? Infinity);
    }
  });
});

async function finished(): Promise<World> {
  const all = world();
  await run(all);
  return all;
}

describe('a run that is perfect', () => {
  const perfect: readonly (readonly ToyPolicy[])[] = Array.from({ length: 50 }, (_, generation) => [
    { mean: 100, slack: 0, excess: generation + 1 },
  ]);

  test('stops when the declared bounds leave no gain worth having', async () => {
    const state = await run(world(perfect), { settings: { returns: [0, 100] } });
    expect(state.stopped).toMatchObject({ reason: 'exhausted' });
    expect(state.usage.episodes).toBeLessThan(500);
    expect(state.championHistory.at(-1)?.kind).toBe('simplification');
  });

  test('stops when it solves the task on every seed alike', async () => {
    const state = await run(world(perfect), { threshold: 95 });
    expect(state.stopped).toMatchObject({ reason: 'exhausted' });
    expect(state.usage.episodes).toBeLessThan(500);
  });

  test('stops when solved and several generations find no gain', async () => {
    const endless = Array.from({ length: 50 }, (_, n): ToyPolicy[] => [{ mean: 100 - n / 100, luck: 5 }]);
    const all = world(endless);
    const state = await run(all, { threshold: 95 });
    expect(state.stopped).toMatchObject({
      reason: 'exhausted',
      message: expect.stringMatching(
        /^solved: the best policy reaches the reward threshold, and the author's last 4 generations did not improve it/,
      ) as string,
    });
    expect(all.author.heard.length).toBeLessThan(8);
  });
});

describe('a budget', () => {
  test.each([1, 20, 40, 90, 150, 333, 700, 1200])('of %i episodes is never overspent', async (limit) => {
    const all = world(climb.map((generation) => [...generation, { mean: 80, noise: 30 }]));
    const state = await run(all, { settings: episodes(limit) });
    // What the author spends is its own to limit; its request says what is left.
    const byAuthor = 5 * all.author.heard.length;
    expect(state.usage.episodes - byAuthor).toBeLessThanOrEqual(limit);
    if (limit < 40) expect(state.stopped?.reason).toBe('budget');
    if (limit > 600) expect(state.stopped?.reason).toBe('exhausted');
  });

  const two = [
    [
      { mean: 0, luck: 10 },
      { mean: 70, luck: 10 },
    ],
  ];

  test.each([100, 150])('of %i episodes shows the gain of the one that is far better', async (limit) => {
    const all = world(two);
    const state = await run(all, { settings: episodes(limit) });
    const [first, best] = ofType(all.journal.events, 'champion_promoted');
    expect(first).toMatchObject({ candidate: 1, previous: null });
    expect(best).toMatchObject({ candidate: 2, previous: 1 });
    expect(state.candidates.get(2 as CandidateId)?.verdict).toBe('better');
  });

  test.each([10, 20, 30])(
    'of %i episodes, too few to show anything, hands over the best and says so',
    async (limit) => {
      const all = world(two);
      const state = await run(all, { settings: episodes(limit) });
      expect(state.championHistory.map(({ candidate }) => Number(candidate))).toEqual([1]);
      expect(state.head).toBe(2);
      expect(state.acceptances).toBe(0);
      expect(state.stopped?.message).toMatch(
        /@2 leads the champion @1 by \d.* over \d+ common seeds, which is not shown on fresh ones; about \d+ more episodes would decide/,
      );
      expect(state.usage.episodes).toBeLessThanOrEqual(limit);
    },
  );

  test('of which nothing more could be compared names no larger one', async () => {
    const single = await run(world([[{ mean: 3 }]]), { settings: episodes(20) });
    expect(single.championHistory).toHaveLength(1);
    expect(single.stopped?.message).not.toMatch(/should do|give it more/);
  });

  test('that carries no whole race plays fewer seeds with each', async () => {
    const state = await run(world([[{ mean: 1, broken: 'raised' }, { mean: 0 }, { mean: 70 }]]), {
      settings: episodes(8),
    });
    expect(state.championHistory.map(({ candidate }) => candidate)).toEqual([2]);
    expect(state.head).toBe(3);
  });

  test('too small for a long comparison shows a gain that a short one can show', async () => {
    const all = world([[{ mean: 0, luck: 10 }], [{ mean: -20, luck: 10 }], [{ mean: 90, luck: 10 }]]);
    const state = await run(all, { settings: { ...episodes(100), returns: [-50, 120] } });
    const compared = ofType(all.journal.events, 'challenger_compared');
    expect(compared.map(({ challenger, verdict }) => [Number(challenger), verdict])).toEqual([[3, 'better']]);
    expect(compared[0]?.pairs?.seeds.length).toBeLessThan(32);
    expect(state.head).toBe(3);
  });

  test('that shows nothing hands over what leads the text to start from', async () => {
    const all = world([[{ mean: 40, luck: 10, noise: 30 }]], undefined, false);
    const start = toySource({ mean: 30, luck: 10, noise: 30 });
    const state = await run(all, { settings: { ...episodes(60), start } });
    expect(state.championHistory.map(({ candidate }) => candidate)).toEqual([1]);
    expect(state.candidates.get(2 as CandidateId)?.verdict).toBeNull();
    if (state.head === 2) expect(state.stopped?.message).toContain('@2 leads the champion @1 by');
    expect(state.usage.episodes).toBeGreaterThanOrEqual(50);
  });

  test.each([400, 900, 2000])('of %i episodes gives no comparison more than its share', async (limit) => {
    const climbs = Array.from({ length: 8 }, (_, index) => [{ mean: 10 * index, luck: 10, noise: 20 }]);
    const all = world([[{ mean: -10, luck: 10 }], ...climbs]);
    await run(all, { settings: episodes(limit) });
    const { events } = all.journal;
    const compared = [...events.keys()].filter((index) => events[index]?.type === 'challenger_compared');
    expect(compared.length).toBeGreaterThan(0);
    // The last one, after which nothing is to come, may take what is left.
    const searched = events.findLastIndex((event) => event.type === 'author_answered');
    for (const index of compared.filter((each) => each < searched)) {
      const [before, after] = [fold(events.slice(0, index)), fold(events.slice(0, index + 1))];
      const left = limit - (before?.usage.episodes ?? 0);
      const took = (after?.usage.episodes ?? 0) - (before?.usage.episodes ?? 0);
      expect(took).toBeLessThanOrEqual(0.4 * left);
    }
  });

  test('tells the author what is left', async () => {
    const all = world();
    await run(all, { settings: episodes(500) });
    expect(all.author.heard[0]?.left).toMatchObject({ episodes: 500, steps: null });
    expect(all.author.heard[1]?.left.episodes).toBeLessThan(480);
  });

  /** Every answer costs a call, 30 tokens and half a dollar. */
  class PaidAuthor extends ScriptedAuthor {
    override async propose(request: AuthorRequest): ReturnType<ScriptedAuthor['propose']> {
      const answer = await super.propose(request);
      const usage = { calls: 1, tokensIn: 20, tokensOut: 10, money: 0.5 };
      return answer.ok ? { ok: true, value: { ...answer.value, usage } } : answer;
    }
  }

  // What a call costs is known afterwards: the last one may pass the limit, and no other is begun.
  test.each([
    [{ calls: 3 }, 3],
    [{ tokens: 61 }, 3],
    [{ money: 1 }, 2],
    [{ calls: 5, money: 1.2, tokens: 1000 }, 3],
    [{ calls: 3, episodes: 60 }, 3],
  ])('of %j lets the author be asked %i times', async (limits, asked) => {
    const ideas = Array.from({ length: 12 }, (_, index) => [{ mean: 20 * index, luck: 10 }]);
    const author = new PaidAuthor(ideas);
    const all = { ...world(), author };
    const budget = { ...toySettings().budget, episodes: null, ...limits };
    const state = await run(all, { settings: { budget, tune: false, simplify: false } });
    expect([author.heard.length, state.usage.calls]).toEqual([asked, asked]);
    expect(state.stopped?.reason).toBe('budget');
    for (const [name, limit] of Object.entries(limits))
      expect(state.stopped?.message).toMatch(
        new RegExp(`[\\d.]+ of ${limit} ${name === 'money' ? 'dollar' : name}`),
      );
  });

  test('of calls is spent up to its end, however few of them help', async () => {
    const ideas = Array.from({ length: 15 }, (_, index) => [{ mean: 50 - index, luck: 10, noise: 5 }]);
    const author = new PaidAuthor(ideas);
    const budget = { ...toySettings().budget, episodes: 4000, calls: 14 };
    const state = await run({ ...world(), author }, { settings: { budget, tune: false, simplify: false } });
    expect(author.heard.length).toBe(14);
    expect(state.stopped?.message).toContain('14 of 14 calls');
  });

  test('of CPU time is looked at before each request, and a repetition obeys the record', async () => {
    const all = world();
    const cpu = { budget: { ...toySettings().budget, cpuSeconds: 0.75 } };
    const state = await run(all, { settings: cpu });
    expect(state.stopped).toMatchObject({ reason: 'budget' });
    expect(state.stopped?.message).toContain('0.75 CPU seconds are spent');
    const spent = all.journal.clocks.at(-1)?.cpuSeconds ?? 0;
    expect(spent).toBeGreaterThanOrEqual(0.75);
    const again = world();
    again.evaluator.cpuSeconds = 50;
    const repeated = await run(again, { settings: cpu, reproduces: all.journal.events });
    expect(again.journal.events).toEqual(all.journal.events);
    expect(repeated.stopped).toEqual(state.stopped);
  });

  test('of wall time ends a request that takes longer', async () => {
    let seconds = 0;
    const all = world();
    all.evaluator.interfere = (method) => {
      if (method === 'tune') seconds += 60;
      return undefined;
    };
    const wall = { budget: { ...toySettings().budget, wallSeconds: 30 } };
    const state = await run(all, { settings: wall, now: () => seconds * 1000 });
    expect(state.stopped).toMatchObject({ reason: 'budget' });
    expect(ofType(all.journal.events, 'tuner_finished')).toEqual([]);
  });

  test.each([9, 10, 12])(
    'of wall time leaves the tuner a part of what is left (%i s)',
    async (wallSeconds) => {
      const all = world();
      const wall = { budget: { ...toySettings().budget, wallSeconds }, simplify: false };
      // Every episode takes 50 ms, whatever plays it.
      await run(all, { settings: wall, now: () => 50 * all.evaluator.episodes });
      const tunings = ofType(all.journal.events, 'tuner_finished');
      expect(tunings.length).toBeGreaterThan(0);
      for (const { usage } of tunings) expect(usage.episodes).toBeLessThan(0.3 * 20 * wallSeconds);
    },
  );

  test('of CPU time counts what the author uses, and ends its request while it computes', async () => {
    const all = world();
    all.author.propose = ({ onProgress }) => {
      queueMicrotask(() => onProgress?.({ cpuSeconds: 6 }));
      return new Promise(() => undefined);
    };
    const cpu = { budget: { ...toySettings().budget, cpuSeconds: 5 } };
    const state = await run(all, { settings: cpu });
    expect(state.stopped).toMatchObject({ reason: 'budget' });
    expect(state.stopped?.message).toContain('5 CPU seconds are spent');
    expect(all.journal.clocks.at(-1)?.cpuSeconds).toBe(6);
  });

  test('of CPU time counts what the author used by its answer', async () => {
    const all = world();
    const propose = all.author.propose.bind(all.author);
    all.author.propose = async (request) => {
      const answer = await propose(request);
      return answer.ok ? { ...answer, value: { ...answer.value, cpuSeconds: 3 } } : answer;
    };
    const cpu = { budget: { ...toySettings().budget, cpuSeconds: 5 } };
    const state = await run(all, { settings: cpu });
    expect(state.stopped?.message).toContain('5 CPU seconds are spent');
  });

  test('of wall time says where the environment was that did not go on, and forgets what has gone on', async () => {
    for (const last of [{ place: 'in step 2 of seed 3 for 12 s' }, {}]) {
      let seconds = 0;
      let wake: () => void = () => undefined;
      const all = world();
      all.author.propose = ({ onProgress }) => {
        queueMicrotask(() => {
          onProgress?.({ place: 'in the reset of seed 3 for 1 s' });
          onProgress?.({ cpuSeconds: 1, ...last });
          onProgress?.({ output: 'step 2' });
          seconds = 30;
          wake();
        });
        return new Promise(() => undefined);
      };
      const settings = { budget: { ...toySettings().budget, wallSeconds: 30 } };
      const callAfter = (_: number, action: () => void) => {
        wake = action;
        return () => undefined;
      };
      const state = await run(all, { settings, now: () => seconds * 1000, callAfter });
      const end = 'place' in last ? '; the environment was in step 2 of seed 3 for 12 s' : '';
      expect(state.stopped?.message.split(' (')[0]).toBe(`30 seconds have passed${end}`);
    }
  });

  test('of wall time ends a request that never answers and reports nothing', async () => {
    let seconds = 0;
    const all = world();
    let wake: () => void = () => undefined;
    all.author.propose = () => {
      seconds = 30;
      queueMicrotask(() => {
        wake();
      });
      return new Promise(() => undefined);
    };
    const wall = { budget: { ...toySettings().budget, wallSeconds: 30 } };
    const state = await run(all, {
      settings: wall,
      now: () => seconds * 1000,
      callAfter: (_, action) => {
        wake = action;
        return () => undefined;
      },
    });
    expect(state.stopped).toMatchObject({ reason: 'budget' });
    expect(state.stopped?.message).toContain('30 seconds');
  });

  test('of wall time stops the run, and a repetition obeys the record', async () => {
    let seconds = 0;
    const all = world();
    const wall = { budget: { ...toySettings().budget, wallSeconds: 20 } };
    const state = await run(all, { settings: wall, now: () => (seconds += 0.5) * 1000 });
    expect(state.stopped?.reason).toBe('budget');
    expect(state.stopped?.message).toContain('20 seconds');
    const again = world(climb, all.journal.cut(Infinity).journal);
    expect(await run(again, { settings: wall, resumeFrom: all.journal.events })).toEqual(state);
    expect(again.evaluator.asked).toEqual([]);
  });
});

describe('a run that was killed', () => {
  test('ends with the events of an undisturbed one, wherever it was', async () => {
    const whole = await finished();
    // Every third event: whole runs are played for each. `npm run bench -- learning-loop` kills many more.
    for (let cut = 0; cut <= whole.journal.events.length; cut += 3) {
      const { journal, record } = whole.journal.cut(cut);
      await run(world(climb, journal), { resumeFrom: record });
      expect([...record, ...journal.events]).toEqual(whole.journal.events);
    }
  });

  test('plays nothing again that was recorded', async () => {
    const whole = await finished();
    const before = whole.journal.events.findIndex((event) => event.type === 'tuner_finished');
    const { journal, record } = whole.journal.cut(before);
    const resumed = world(climb, journal);
    await run(resumed, { resumeFrom: record });
    expect(resumed.evaluator.asked[0]).toBe('tune');
    expect(resumed.author.heard).toEqual([]);
  });

  test('says so when its record does not fit', async () => {
    const whole = await finished();
    const { journal, record } = whole.journal.cut(12);
    const other = world(climb, journal);
    const changed = record.map((event) =>
      event.type === 'candidate_raced' ? { ...event, candidate: 3 as CandidateId } : event,
    );
    await expect(run(other, { resumeFrom: changed })).rejects.toMatchObject({ code: 'record_diverged' });
  });
});

describe('a run that is stopped by hand', () => {
  test('keeps everything, wherever it was, and goes on from there', async () => {
    const whole = await finished();
    const requests = whole.evaluator.asked.length;
    for (let at = 1; at < requests; at += 7) {
      const all = world();
      const stop = new AbortController();
      all.evaluator.interfere = () => {
        if (all.evaluator.asked.length === at) stop.abort();
        return undefined;
      };
      const state = await run(all, { signal: stop.signal });
      expect(state.stopped).toMatchObject({ reason: 'interrupted' });
      const { journal, record } = all.journal.cut(Infinity);
      const resumed = await run(world(climb, journal), { resumeFrom: record });
      expect(resumed.stopped).toMatchObject({ reason: 'exhausted' });
      const events = [...record, ...journal.events].filter(
        (event) => event.type !== 'run_stopped' || event.reason !== 'interrupted',
      );
      expect(events).toEqual(whole.journal.events);
    }
  });

  test('listens to its signal once, however many requests are under way, and not after its end', async () => {
    const stop = new AbortController();
    const signals = new Set<AbortSignal>();
    const most: number[] = [];
    const all = world([Array.from({ length: 30 }, (_, index) => ({ mean: index, luck: 10 }))]);
    const answer = all.evaluator.request.bind(all.evaluator);
    all.evaluator.request = (method, params, options) => {
      signals.add(options.signal);
      most.push(getEventListeners(options.signal, 'abort').length);
      return answer(method, params, options);
    };
    await run(all, { signal: stop.signal });
    expect(Math.max(...most)).toBe(1);
    for (const signal of [stop.signal, ...signals]) expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  test('does not wait for an evaluator that does not answer', async () => {
    const stop = new AbortController();
    const all = world();
    const deaf = { request: () => new Promise<never>(() => undefined) };
    const state = learn(
      { run: 'first', settings: toySettings(), facts: toyFacts },
      { evaluator: deaf, author: all.author, journal: all.journal, clock: stillClock },
      { signal: stop.signal },
    );
    await new Promise((resolve) => setImmediate(resolve));
    stop.abort();
    expect(await state).toMatchObject({ stopped: { reason: 'interrupted' } });
  });

  test('is declared even when it is stopped before it begins', async () => {
    const all = world();
    const state = await run(all, { signal: AbortSignal.abort() });
    expect(all.journal.events.map((event) => event.type)).toEqual(['run_declared', 'run_stopped']);
    expect(state.stopped).toMatchObject({ reason: 'interrupted' });
  });
});

describe('what breaks', () => {
  test('an evaluator that dies stops the run with what was found, and a later session goes on', async () => {
    const all = world();
    all.evaluator.interfere = (method) =>
      method === 'tune'
        ? { ok: false, code: 'evaluator_died', message: 'the evaluator died', detail: null }
        : undefined;
    const state = await run(all);
    expect(state.stopped?.reason).toBe('failed');
    expect(state.stopped?.message).toContain('tuning a policy failed: the evaluator died');
    expect(state.championHistory).toHaveLength(2);
    const { journal, record } = all.journal.cut(Infinity);
    expect((await run(world(climb, journal), { resumeFrom: record })).stopped?.reason).toBe('exhausted');
  });

  test('a run folder that cannot be written rejects, and nothing is acknowledged that was not written', async () => {
    const all = world();
    all.journal.beforeAppend = (event) => {
      if (event.type === 'challenger_compared') throw new Error('no space left on device');
    };
    await expect(run(all)).rejects.toThrow('no space left');
    expect(ofType(all.journal.events, 'challenger_compared')).toEqual([]);
  });

  test('an author that keeps failing stops the run; the next session asks it again', async () => {
    const all = world();
    const silent = {
      kind: 'openai',
      spendsModelCalls: true,
      hasIndependentSamples: false,
      propose: () =>
        Promise.resolve({
          ok: false as const,
          code: 'no_answer',
          message: 'the server does not answer',
          detail: null,
          call: 'abc',
          usage: { calls: 1, tokensIn: 10 },
          isLasting: false,
        }),
    };
    const state = await learn(
      { run: 'first', settings: toySettings(), facts: toyFacts },
      { evaluator: all.evaluator, author: silent, journal: all.journal, clock: stillClock },
      { signal: new AbortController().signal },
    );
    expect(state.stopped?.reason).toBe('failed');
    expect(state.stopped?.message).toContain('does not answer');
    expect(state.usage).toMatchObject({ calls: state.generation + 1, tokensIn: 10 * (state.generation + 1) });
    const before = all.journal.events.length;
    const { journal, record } = all.journal.cut(before);
    const resumed = await run(world([[], [], [], ...climb], journal), { resumeFrom: record });
    expect(resumed.championHistory.length).toBeGreaterThan(1);
  });

  test.each([
    ['a failure that asking again would not mend ends the run at once', true, {}, 'failed', 1],
    [
      'a run whose budget of calls is spent says why the author gave no answer',
      false,
      { calls: 2 },
      'budget',
      2,
    ],
  ] as const)('%s', async (_, isLasting, budget, reason, asked) => {
    const all = world();
    const propose = jest.fn(() =>
      Promise.resolve({
        ok: false as const,
        code: 'unauthorized',
        message: 'the server does not take the key',
        detail: null,
        call: 'abc',
        usage: { calls: 1 },
        isLasting,
      }),
    );
    const author = { kind: 'openai', spendsModelCalls: true, hasIndependentSamples: false, propose };
    const settings = toySettings({ budget: { ...UNLIMITED_BUDGET, episodes: 1000, ...budget } });
    const state = await learn(
      { run: 'first', settings, facts: toyFacts },
      { evaluator: all.evaluator, author, journal: all.journal, clock: stillClock },
      { signal: new AbortController().signal },
    );
    expect(state.stopped?.reason).toBe(reason);
    expect(state.stopped?.message).toContain('the server does not take the key');
    expect(propose).toHaveBeenCalledTimes(asked);
  });

  test('a failure of an author that calls no model is no event: the next session makes the same request', async () => {
    const whole = await finished();
    const all = world();
    const propose = all.author.propose.bind(all.author);
    const lost = { ok: false, code: 'worker_died', message: 'the process ended', detail: null } as const;
    let asked = 0;
    all.author.propose = (request) =>
      asked++ === 1
        ? Promise.resolve({ ...lost, call: null, usage: {}, isLasting: false })
        : propose(request);
    const state = await run(all);
    expect(state.stopped).toMatchObject({ reason: 'failed' });
    expect(state.stopped?.message).toContain('asking the author search failed: the process ended');
    expect(ofType(all.journal.events, 'author_failed')).toEqual([]);
    const { journal, record } = all.journal.cut(Infinity);
    await run(world(climb, journal), { resumeFrom: record });
    const events = [...record, ...journal.events].filter(
      (event) => event.type !== 'run_stopped' || event.reason !== 'failed',
    );
    expect(events).toEqual(whole.journal.events);
  });

  test('a run in which nothing works ends without a champion', async () => {
    const broken = [[{ mean: 1, broken: 'raised' }], [{ mean: 2, broken: 'syntax_error' }]] as const;
    const state = await run(world(broken));
    expect(state.championHistory).toEqual([]);
    expect(state.stopped).toMatchObject({ reason: 'exhausted' });
  });
});
