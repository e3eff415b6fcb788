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

function createRunner(evaluator: ToyEvaluator): EpisodeRunner {
  return new EpisodeRunner({
    evaluator,
    journal: null,
    environment,
    limits,
    longestEpisode: 50,
    signal: new AbortController().signal,
    usage: new SessionUsage(stillClock),
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

test.each([
  ['describe', 'reading a policy failed: gone'],
  ['play', 'playing a policy failed: gone'],
  ['simplify', 'simplifying a policy failed: gone'],
] as const)('a broken evaluator ends the session of %s in words', async (method, message) => {
  const evaluator = new ToyEvaluator();
  const failure: Failure = { ok: false, code: 'evaluator_died', message: 'gone', detail: null };
  evaluator.interfere = () => failure;
  const runner = createRunner(evaluator);
  await expect(runner[method](source, [1])).rejects.toMatchObject({ reason: 'failed', message });
});
