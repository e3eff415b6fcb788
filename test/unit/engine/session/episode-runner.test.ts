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
