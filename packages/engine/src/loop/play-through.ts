/** Playing on where a policy failed: for whoever is measured, and is not thrown out by a failed episode. */
import type { Cost } from '../events';
import { addCosts, type Bench } from './bench';

export interface PlayedThrough {
  /** One for each seed. */
  readonly returns: readonly number[];
  /** Episodes that the policy failed in. */
  readonly failed: number;
  readonly cost: Cost;
}

/** All seeds; a failed episode counts as `worst`. */
export async function playThrough(
  bench: Bench,
  source: string,
  seeds: readonly number[],
  worst: number,
): Promise<PlayedThrough> {
  const returns: number[] = [];
  let failed = 0;
  let cost: Cost = {};
  while (returns.length < seeds.length) {
    const played = await bench.play(source, seeds.slice(returns.length));
    returns.push(...played.returns);
    cost = addCosts(cost, played.cost);
    if (played.failure === null) break;
    returns.push(worst);
    failed += 1;
  }
  return { returns, failed, cost };
}
