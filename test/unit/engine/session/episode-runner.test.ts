import { EpisodeRunner } from '../../../../packages/engine/src/session/episode-runner';
import { SessionUsage } from '../../../../packages/engine/src/session/session-usage';
import type { Failure } from '../../../../packages/protocol/src';
import { ToyEvaluator, stillClock, toySettings, toySource } from '../simulation';

const { environment, policy: limits } = toySettings();
const source = toySource({ mean: 1 });

/** Answers every request for episodes with none, and with no failure. */
class SilentEvaluator extends ToyEvaluator {
  override request: ToyEvaluator['request'] = (method, params, options) =>
    super.request(method, 'seeds' in params ? { ...params, seeds: [] } : params, options);
}

function createRunner(
  evaluator: ToyEvaluator,
  measureSecondsLeft: () => number | null = () => null,
): EpisodeRunner {
  return new EpisodeRunner({
    evaluator,
    journal: null,
    environment,
    limits,
    longestEpisode: 50,
    signal: new AbortController().signal,
    usage: new SessionUsage(stillClock),
    measureSecondsLeft,
    onWork: () => undefined,
  });
}

test.each(['play', 'playThrough'] as const)(
  'an answer of no episode and no failure ends the session of %s',
  async (method) => {
    const runner = createRunner(new SilentEvaluator());
    const played = method === 'play' ? runner.play(source, [1, 2]) : runner.playThrough(source, [1, 2], 0);
    await expect(played).rejects.toMatchObject({
      reason: 'failed',
      message: 'playing a policy failed: the evaluator returned neither an episode nor a failure',
    });
  },
);

const replays = {
  seeds: [1],
  variantEnvironments: [],
  mostReplays: 2,
  mostReplayedSteps: 100,
  mostVariants: 0,
};

test.each([
  ['describe', (runner) => runner.describe(source), 'reading a policy failed: gone'],
  ['play', (runner) => runner.play(source, [1]), 'playing a policy failed: gone'],
  ['simplify', (runner) => runner.simplify(source, replays), 'simplifying a policy failed: gone'],
] satisfies [string, (runner: EpisodeRunner) => Promise<unknown>, string][])(
  'a broken evaluator ends the session of %s in words',
  async (_method, ask, message) => {
    const evaluator = new ToyEvaluator();
    const failure: Failure = { ok: false, code: 'evaluator_died', message: 'gone', detail: null };
    evaluator.interfere = () => failure;
    const runner = createRunner(evaluator);
    await expect(ask(runner)).rejects.toMatchObject({ reason: 'failed', message });
  },
);

test('where time is short and there is no policy yet, so many episodes are played as half of it carries', async () => {
  let left = 0;
  const evaluator = new ToyEvaluator();
  // Every request takes two seconds, however many episodes it has.
  evaluator.interfere = () => {
    left -= 2;
    return undefined;
  };
  const runner = createRunner(evaluator, () => left);
  const seeds = [1, 2, 3, 4, 5, 6];
  left = 9;
  expect((await runner.play(source, seeds)).seeds).toEqual([1, 2]);
  left = 3;
  expect((await runner.play(source, seeds)).seeds).toEqual([1]);
  left = 1000;
  expect((await runner.play(source, seeds)).seeds).toEqual(seeds);
});

/** Notes the seeds of each request for episodes, and which of these were given up; those of `held` wait until they are. */
class WatchedEvaluator extends ToyEvaluator {
  readonly begun: (readonly number[])[] = [];
  readonly givenUp: (readonly number[])[] = [];
  held: readonly number[] = [];

  override request: ToyEvaluator['request'] = async (method, params, options) => {
    if (!('seeds' in params)) return super.request(method, params, options);
    const { seeds } = params;
    this.begun.push(seeds);
    options.signal.addEventListener('abort', () => this.givenUp.push(seeds));
    if (this.held.includes(seeds[0] ?? 0))
      await new Promise((resolve) => {
        options.signal.addEventListener('abort', resolve);
      });
    return super.request(method, params, options);
  };
}

describe('the first seed of a policy that was never played', () => {
  const isUnplayed = true;
  const [raising, unparsed] = [
    toySource({ mean: 1, broken: 'raised' }),
    toySource({ mean: 1, broken: 'syntax_error' }),
  ];

  test('decides whether the others count, which are begun meanwhile', async () => {
    const evaluator = new WatchedEvaluator();
    const played = await createRunner(evaluator).play(source, [1, 2, 3], { isUnplayed });
    expect(played).toMatchObject({ seeds: [1, 2, 3], failure: null, usage: { episodes: 3 } });
    expect(evaluator.begun).toEqual([[1], [2, 3], [2, 3]]);
    expect([evaluator.episodes, evaluator.givenUp]).toEqual([3, []]);
  });

  test('has the others given up where it fails, and charges itself only', async () => {
    const evaluator = new WatchedEvaluator();
    evaluator.held = [2];
    const played = await createRunner(evaluator).play(raising, [1, 2, 3], { isUnplayed });
    expect(played).toMatchObject({ returns: [], failure: { code: 'raised' }, usage: { episodes: 1 } });
    expect(evaluator.begun).toEqual([[1], [2, 3]]);
    expect(evaluator.givenUp).toEqual([[2, 3]]);
  });

  test.each([
    ['steps are limited', { steps: 1000 }, null],
    [
      'an environment does not repeat',
      { environment: { ...environment, unrepeatable: true as const } },
      null,
    ],
    ['time is limited', {}, 1000],
  ])('goes before all others where %s', async (_why, options, left) => {
    const evaluator = new WatchedEvaluator();
    const runner = createRunner(evaluator, () => left);
    await runner.play(source, [1, 2, 3], { isUnplayed, ...options });
    expect(evaluator.begun).toEqual([[1], [2, 3]]);
  });

  test('is played while the text is read, and given up where that cannot be read', async () => {
    const evaluator = new WatchedEvaluator();
    const runner = createRunner(evaluator);
    expect(await runner.tryOut(source, 1)).toMatchObject({ seeds: [1], failure: null });
    expect(evaluator.asked).toEqual(['evaluate', 'policy.describe', 'evaluate']);
    evaluator.held = [2];
    const failed = await runner.tryOut(unparsed, 2);
    expect(failed).toMatchObject({ seeds: [], failure: { code: 'syntax_error' }, usage: {} });
    expect(evaluator.givenUp).toEqual([[2]]);
  });
});

test('a text is read once, however often it is described', async () => {
  const evaluator = new ToyEvaluator();
  const runner = createRunner(evaluator);
  const first = await runner.describe(source);
  expect(await runner.describe(source)).toEqual(first);
  expect(evaluator.asked).toEqual(['policy.describe']);
});
