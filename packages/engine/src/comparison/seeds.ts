/**
 * A comparison's seeds. They follow from its own seed, the environment and the texts that take part, so that no
 * text was chosen on them: an edited policy that is compared again plays other seeds, and the same comparison plays
 * the same.
 */
import { hashEnvironment } from '../audit/seeds';
import type { EnvironmentSpec } from '@policybook/protocol';
import { hashToSeeds } from '../seeds';
import { computeSha256 } from '../sha256';

/** Derives the seeds that every policy plays, each in [0, 2³¹). `hashes` are those of the texts, in any order. */
export function deriveComparisonSeeds(
  seed: number,
  environment: EnvironmentSpec,
  hashes: readonly string[],
  count: number,
): number[] {
  const texts = computeSha256([...new Set(hashes)].sort().join('\n'));
  return hashToSeeds(['policybook comparison', seed, hashEnvironment(environment), texts], count);
}

/** Derives the seeds on which one of several texts of a contestant is chosen; no policy is compared on them. */
export function deriveChoiceSeeds(
  seed: number,
  contestant: string,
  replicate: number,
  count: number,
): number[] {
  return hashToSeeds(['policybook choice', seed, contestant, replicate], count);
}
