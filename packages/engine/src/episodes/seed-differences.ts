/** Two candidates seed by seed: what each gave on the seeds that both have played, and where failure became success. */
import type { CandidateEpisode } from './candidate-episode';

/** Flags that say that an episode succeeded. */
const SUCCESS_FLAGS: readonly string[] = ['is_success', 'success'];

/** A seed that both candidates have played. */
export interface SeedDifference {
  readonly seed: number;
  readonly before: number;
  readonly after: number;
  /** `after` − `before`. */
  readonly difference: number;
}

/** How one candidate does where another has played. */
export interface SeedDifferences {
  /** The greatest loss first. */
  readonly pairs: readonly SeedDifference[];
  /** What success is: a return that reaches the threshold, a flag such as `is_success`, or `null` where neither is known. */
  readonly successBy: 'threshold' | 'flag' | null;
  /** Seeds on which the first failed and the second succeeds, the greatest gain first. */
  readonly gained: readonly number[];
  /** Seeds on which the first succeeded and the second fails, the greatest loss first. */
  readonly lost: readonly number[];
}

/** Compares two candidates on their common seeds; `threshold` is the environment's return that counts as solved, or `null`. */
export function findSeedDifferences(
  before: readonly CandidateEpisode[],
  after: readonly CandidateEpisode[],
  threshold: number | null,
): SeedDifferences {
  const earlier = new Map(before.map((episode) => [episode.seed, episode]));
  const both = after.flatMap((later) => {
    const first = earlier.get(later.seed);
    return first === undefined ? [] : [{ first, later, difference: later.return - first.return }];
  });
  both.sort((a, b) => a.difference - b.difference || a.later.seed - b.later.seed);
  const hasFlag = both.some(
    ({ first, later }) => hasSuccessFlag(first) === true || hasSuccessFlag(later) === true,
  );
  const successBy = threshold !== null ? 'threshold' : hasFlag ? 'flag' : null;
  const isSuccess = (episode: CandidateEpisode): boolean | null => {
    if (successBy === null) return null;
    return threshold === null ? hasSuccessFlag(episode) : episode.return >= threshold;
  };
  const judged = both.map((pair) => ({
    seed: pair.later.seed,
    was: isSuccess(pair.first),
    is: isSuccess(pair.later),
  }));
  return {
    pairs: both.map(({ first, later, difference }) => ({
      seed: later.seed,
      before: first.return,
      after: later.return,
      difference,
    })),
    successBy,
    gained: judged
      .filter(({ was, is }) => was === false && is === true)
      .map(({ seed }) => seed)
      .reverse(),
    lost: judged.filter(({ was, is }) => was === true && is === false).map(({ seed }) => seed),
  };
}

/** Whether an episode ended with a flag of success; `null` where it is not known how it went. */
function hasSuccessFlag({ kept }: CandidateEpisode): boolean | null {
  return kept?.course?.flags.some((flag) => SUCCESS_FLAGS.includes(flag)) ?? null;
}
