/**
 * Episodes that are played again by chance: policies that act alike play common seeds, and a policy plays a seed twice. The
 * same seed with the same actions must earn the same, or else the environment does not repeat. Nothing is played for this.
 */
import { hashEnvironment, type Evaluator } from '@policybook/engine';
import type { EnvironmentSpec, MethodResult } from '@policybook/protocol';

/** Of so many episodes what they earned is kept; the oldest is forgotten first. */
const MAX_EPISODES = 100_000;

type Episode = MethodResult<'evaluate'>['episodes'][number];

/** Returns the evaluator as it is, except that `onUnrepeated` takes each environment that does not repeat a seed, and how. */
export function watchRepetitions(
  evaluator: Evaluator,
  onUnrepeated: (environment: EnvironmentSpec, found: string) => void,
): Evaluator {
  const earned = new Map<string, Pick<Episode, 'return' | 'steps'>>();
  const compare = (environment: EnvironmentSpec, episodes: readonly Episode[]): void => {
    // A hash, since a simulator's source would stand in every key.
    const played = hashEnvironment(environment);
    for (const { seed, actionHash, return: total, steps } of episodes) {
      const key = `${seed} ${actionHash} ${played}`;
      const before = earned.get(key);
      if (before === undefined) earned.set(key, { return: total, steps });
      else if (before.return !== total || before.steps !== steps)
        onUnrepeated(
          environment,
          `the episode of seed ${seed} earned ${before.return} and then ${total} for the same actions`,
        );
    }
    for (const key of earned.keys()) {
      if (earned.size <= MAX_EPISODES) break;
      earned.delete(key);
    }
  };
  return {
    request: async (method, params, options) => {
      const answer = await evaluator.request(method, params, options);
      if (answer.ok && isEvaluation(answer.value) && 'environment' in params)
        compare(params.environment, answer.value.episodes);
      return answer;
    },
  };
}

function isEvaluation(value: object): value is MethodResult<'evaluate'> {
  return 'episodes' in value && 'level' in value;
}
