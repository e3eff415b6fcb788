import {
  findGoldenLosses,
  formatGoldenHead,
  formatGoldenLosses,
  readRecordedEpisodes,
  requireCandidate,
  type RunEvent,
  type RunSettings,
} from '../../../../packages/engine/src/index';
import { buildEvent, id, proposed, stateAfter } from '../../../fixtures/run-events';
import { toySettings, type ToyPolicy } from '../simulation';
import { ofType, run, world } from '../toy-run';

const GOLDEN_SEED = 17;
const plain: Partial<RunSettings> = { simplify: false, tune: false, seed: 2 };
const settings: Partial<RunSettings> = { ...plain, golden: [{ seed: 3 }, { seed: GOLDEN_SEED }] };

/** Generations that are better and better but for the last; the third one falls on the golden seed. */
const falling: readonly (readonly ToyPolicy[])[] = [
  [{ mean: 0, luck: 2 }],
  [{ mean: 40, luck: 2 }],
  [{ mean: 80, luck: 2, fallsOn: GOLDEN_SEED }],
  [{ mean: 60, luck: 2 }],
];

const listHeads = (events: readonly RunEvent[]) =>
  ofType(events, 'head_changed').map(({ candidate }) => Number(candidate));

test('a candidate that is better on average and loses a golden seed becomes neither head nor champion', async () => {
  const all = world(falling);
  const state = await run(all, { settings });
  expect(listHeads(all.journal.events)).toEqual([1, 2, 4]);
  expect(state.championHistory.map(({ candidate }) => Number(candidate))).not.toContain(3);
  const losing = ofType(all.journal.events, 'golden_played').filter(({ losses }) => losses.length > 0);
  expect(losing).toMatchObject([
    { candidate: 3, losses: [{ seed: GOLDEN_SEED, return: -120, best: { candidate: 2 } }] },
  ]);
  const losses = findGoldenLosses(state, requireCandidate(state, id(3)));
  expect(formatGoldenLosses(losses)).toMatch(/^loses golden seed 17: -120 after \d\d(\.\d+)?$/);
  // Without golden cases it is the one that is handed over.
  expect((await run(world(falling), { settings: plain })).head).toBe(3);
});

test('golden episodes are counted in the budget and in no score', async () => {
  const all = world(falling);
  const state = await run(all, { settings });
  for (const { candidate, played, usage } of ofType(all.journal.events, 'golden_played')) {
    const { training, fresh } = requireCandidate(state, candidate);
    expect([usage.episodes, played.seeds]).toEqual([2, [3, GOLDEN_SEED]]);
    expect([...training.keys(), ...fresh.keys()].filter((seed) => played.seeds.includes(seed))).toEqual([]);
  }
  const authors = 5 * ofType(all.journal.events, 'author_answered').length;
  expect(state.usage.episodes).toBe(all.evaluator.episodes + authors);
});

describe('a declared bar', () => {
  const barred = (atLeast: number) => ({ ...plain, golden: [{ seed: GOLDEN_SEED, atLeast }] });

  test('is held by a lesser policy rather than lost by a better one', async () => {
    const script = [[{ mean: 20 }, { mean: 80, fallsOn: GOLDEN_SEED }, { mean: 50 }]];
    const state = await run(world(script), { settings: barred(10) });
    expect(state.head).toBe(3);
    expect(state.stopped?.message).not.toContain('golden');
  });

  test('that nothing holds leaves the best estimate head, and the end says so', async () => {
    const all = world([[{ mean: 20 }, { mean: 80 }, { mean: 50 }]]);
    const state = await run(all, { settings: barred(200) });
    expect(state.head).toBe(2);
    expect(state.stopped?.message).toContain(
      '@2 loses golden seed 17: 80 where 200 is asked for; no candidate that played the golden cases holds them all',
    );
    // What fails it is not shown to be better.
    expect(state.championHistory.map(({ candidate }) => Number(candidate))).toEqual([1]);
  });
});

test('a smaller text that acts like the head and loses a golden seed does not take its place', async () => {
  const policy = { mean: 40, luck: 2, excess: 6, needsExcessOn: GOLDEN_SEED };
  const all = world([[{ mean: 0, luck: 2 }], [policy]]);
  const state = await run(all, { settings: { ...settings, simplify: true } });
  expect(ofType(all.journal.events, 'simplifier_finished')).not.toEqual([]);
  expect(state.head).toBe(2);
  const free = await run(world([[{ mean: 0, luck: 2 }], [policy]]), {
    settings: { ...plain, simplify: true },
  });
  expect(Number(free.head)).toBeGreaterThan(2);
});

test('options that the environment does not take are named by the end of the run', async () => {
  const all = world([[{ mean: 20 }]]);
  const message = 'ValueError: low is above high (seed 99, in reset)';
  all.evaluator.interfere = (method, params) =>
    method === 'evaluate' && JSON.stringify(params).includes('resetOptions')
      ? { ok: false, code: 'environment_failed', message, detail: null }
      : undefined;
  const golden = [{ seed: 17, options: { low: 0.3, high: 0.1 } }];
  const state = await run(all, { settings: { ...plain, golden } });
  expect(state.stopped).toMatchObject({ reason: 'failed' });
  expect(state.stopped?.message).toMatch(
    /^golden cases with the options \{"low":0.3,"high":0.1\} could not be played: .*low is above high/,
  );
  expect(formatGoldenHead(state)).toEqual(['@1 has not played the golden cases yet']);
});

test('a situation is played with its options, and is no other episode of its seed', async () => {
  const cases = [{ seed: 3, options: { worth: -1 } }, { seed: 3 }, { seed: 5, options: { worth: -1 } }];
  const all = world([[{ mean: 20 }], [{ mean: 40 }]]);
  const state = await run(all, { settings: { ...plain, golden: cases } });
  expect(ofType(all.journal.events, 'golden_played').map(({ played }) => played.returns)).toEqual([
    [-20, 20, -20],
    [-40, 40, -40],
  ]);
  expect(formatGoldenLosses(findGoldenLosses(state, requireCandidate(state, id(2))))).toBe(
    'loses golden seed 3 with {"worth":-1}: -40 after -20, seed 5 with {"worth":-1}: -40 after -20',
  );
  const recorded = readRecordedEpisodes(all.journal.events, id(2)).filter(({ seed }) => seed <= 5);
  expect(recorded).toMatchObject([{ seed: 3, return: 40 }]);
});

test('a golden seed on which the policy fails rejects it', async () => {
  // Of three episodes the third fails, and it plays no three in a row before.
  const all = world([[{ mean: 0 }], [{ mean: 80, broken: 'later' }]]);
  const cases = [1, 2, 3].map((seed) => ({ seed }));
  const racing = { seeds: 2, most: 2 };
  const state = await run(all, { settings: { ...plain, golden: cases, racing } });
  expect(requireCandidate(state, id(2))).toMatchObject({ verdict: 'rejected', golden: null });
  expect(requireCandidate(state, id(2)).training.size).toBe(2);
  expect(state.head).toBe(1);
});

test('an episode that a fault of the environment has ended decides nothing, and is not said to be held', async () => {
  const all = world(falling);
  all.evaluator.loses = ({ mean }, seed) => mean === 80 && seed === GOLDEN_SEED;
  const state = await run(all, { settings });
  expect(requireCandidate(state, id(3)).golden?.returns).toEqual([expect.any(Number), null]);
  expect(state.head).toBe(3);
  expect(state.stopped?.message).toContain(
    `@3 could not play 1 of 2 golden cases (seed ${GOLDEN_SEED}), which faults of the environment ended`,
  );
});

test.each([40, 60, 90, 130])(
  'a budget of %d episodes is not overspent, and a late head has played them',
  async (episodes) => {
    const all = world(falling);
    const budget = { ...toySettings().budget, episodes };
    const state = await run(all, { settings: { ...settings, budget } });
    expect(state.usage.episodes).toBeLessThanOrEqual(episodes);
    expect(state.head === null ? null : requireCandidate(state, state.head).golden).not.toBeNull();
  },
);

test('a budget that carries no golden case leaves a head that has not played them, and says so', async () => {
  const budget = { ...toySettings().budget, episodes: 10 };
  const golden = Array.from({ length: 20 }, (_, seed) => ({ seed }));
  const state = await run(world([[{ mean: 20 }]]), { settings: { ...plain, golden, budget } });
  expect(state.head).toBe(1);
  expect(state.stopped?.message).toContain('@1 has not played the golden cases');
});

test('the same events come whatever the order in which requests are answered', async () => {
  const situations = {
    ...plain,
    golden: [{ seed: GOLDEN_SEED }, { seed: 3, options: { worth: -1 } }, { seed: 5 }],
  };
  const whole = world(falling);
  await run(whole, { settings: situations });
  expect(ofType(whole.journal.events, 'golden_played').length).toBeGreaterThan(1);
  for (const latency of [() => 0, (request: number) => (request * 5) % 7]) {
    const other = world(falling);
    other.evaluator.latency = latency;
    await run(other, { settings: situations });
    expect(other.journal.events).toEqual(whole.journal.events);
  }
});

test('a run that was killed ends with the events of an undisturbed one', async () => {
  const whole = world(falling);
  await run(whole, { settings });
  const { events } = whole.journal;
  for (const [position, { type }] of events.entries()) {
    if (type !== 'golden_played') continue;
    for (const cut of [position, position + 1]) {
      const { journal, record } = whole.journal.cut(cut);
      await run(world(falling, journal), { settings, resumeFrom: record });
      expect([...record, ...journal.events]).toEqual(events);
    }
  }
});

describe('the bar that heads set', () => {
  const declared = buildEvent('run_declared', { settings: toySettings(settings) });
  const play = (candidate: number, returns: number[]): RunEvent[] => [
    proposed(candidate),
    buildEvent('golden_played', {
      candidate: id(candidate),
      played: { seeds: [3, GOLDEN_SEED], returns, actions: '' },
      minEffect: 5,
    }),
  ];
  const lead = (candidate: number) => buildEvent('head_changed', { candidate: id(candidate) });
  const findLost = (events: readonly RunEvent[], candidate: number) => {
    const state = stateAfter([declared, ...events]);
    return findGoldenLosses(state, requireCandidate(state, id(candidate))).map(({ seed, bar }) => [
      seed,
      bar,
    ]);
  };

  test('is the best return of them all, minus the minimum effect', () => {
    const heads = [...play(1, [0, 100]), lead(1), ...play(2, [50, 97]), lead(2)];
    expect(findLost([...heads, ...play(3, [45, 95])], 3)).toEqual([]);
    expect(findLost([...heads, ...play(3, [44, 94])], 3)).toEqual([
      [3, 45],
      [GOLDEN_SEED, 95],
    ]);
  });

  test('is not that of a head which gave way to an earlier one again, nor is an earlier head refused', () => {
    const heads = [...play(1, [0, 100]), lead(1), ...play(2, [50, 210]), lead(2), ...play(3, [0, 150])];
    expect(findLost(heads, 3)).toEqual([
      [3, 45],
      [GOLDEN_SEED, 205],
    ]);
    expect(findLost(heads, 1)).toEqual([]);
    expect(findLost([...heads, lead(1)], 3)).toEqual([]);
  });
});
