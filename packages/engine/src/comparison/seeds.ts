/**
 * A comparison's seeds. They follow from its own seed, the environment and the texts that take part, so that no
 * text was chosen on them: an edited policy that is compared again plays other seeds, and the same comparison plays
 * the same.
 */
import { hashEnvironment } from '../audit/seeds';
import type { EnvironmentSpec } from '@policybook/protocol';
import { sha256 } from '../sha256';

/** Derives the seeds that every policy plays, each in [0, 2³¹). `hashes` are those of the texts, in any order. */
export function deriveComparisonSeeds(
  seed: number,
  environment: EnvironmentSpec,
  hashes: readonly string[],
  count: number,
): number[] {
  const texts = sha256([...new Set(hashes)].sort().join('\n'));
  const hashed = hashEnvironment(environment);
  return Array.from({ length: count }, (_, index) => {
    const digest = sha256(JSON.stringify(['policybook comparison', seed, hashed, texts, index]));
    return parseInt(digest.slice(0, 8), 16) >>> 1;
  });
}

/** Derives the seeds on which one of several texts of a contestant is chosen; no policy is compared on them. */
export function deriveChoiceSeeds(
  seed: number,
  contestant: string,
  replicate: number,
  count: number,
): number[] {
  return Array.from({ length: count }, (_, index) => {
    const digest = sha256(JSON.stringify(['policybook choice', seed, contestant, replicate, index]));
    return parseInt(digest.slice(0, 8), 16) >>> 1;
  });
}
