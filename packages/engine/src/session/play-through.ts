/** Playing on where a policy failed: for whoever is measured, and is not thrown out by a failed episode. */
import { failedActions } from '../action-hashes';
import { trimUsage, type ResourceUsage } from '../resources';
import type { EpisodeRunner, PlayOptions } from './episode-runner';

export interface PlayedThrough {
  /** One for each seed; fewer where the steps ran out. */
  readonly returns: readonly number[];
  /** What each episode's actions hash to, dashes for one that failed. */
  readonly actions: readonly string[];
  /** Episodes that the policy failed in. */
  readonly failed: number;
  readonly usage: ResourceUsage;
}

/** All seeds; a failed episode counts as `worst`. Each seed is charged once: what a failure cancels is played again. */
export async function playThrough(
  bench: EpisodeRunner,
  source: string,
  seeds: readonly number[],
  worst: number,
  options: PlayOptions = {},
): Promise<PlayedThrough> {
  const returns: number[] = [];
  const actions: string[] = [];
  let failed = 0;
  let steps = 0;
  while (returns.length < seeds.length) {
    const most = options.steps ?? null;
    const left = most === null ? null : most - steps;
    const played = await bench.play(source, seeds.slice(returns.length), { ...options, steps: left });
    returns.push(...played.returns);
    actions.push(...played.actions);
    steps += played.usage.steps ?? 0;
    if (played.failure === null) break;
    returns.push(worst);
    actions.push(failedActions);
    failed += 1;
  }
  return { returns, actions, failed, usage: trimUsage({ episodes: returns.length, steps, modelSteps: 0 }) };
}
