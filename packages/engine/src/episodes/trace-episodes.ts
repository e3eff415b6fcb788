/** Traces of a candidate's median and worst episodes, on demand: each is played again once and kept by what it follows from. */
import {
  writeCanonicalJson,
  type EnvironmentSpec,
  type PolicyLimits,
  type Result,
} from '@policybook/protocol';
import { hashEnvironment, hashPolicy } from '../audit/seeds';
import type { Evaluator } from '../ports';
import { computeSha256 } from '../sha256';
import type { CandidateEpisode } from './candidate-episode';
import { cutTrace, type KeptTrace } from './kept-trace';

/** Keeps traces by the hash of what they follow from. It may forget any of them, and fails in nothing. */
export interface TraceCache {
  /** Finds a trace that was kept; `null` where there is none, or none that can be read. */
  find(key: string): Promise<KeptTrace | null>;
  /** Keeps a trace, if it can. */
  keep(key: string, trace: KeptTrace): Promise<void>;
}

/** What tracing needs from outside the engine. */
export interface TracePorts {
  readonly evaluator: Pick<Evaluator, 'request'>;
  readonly cache: TraceCache;
  readonly signal: AbortSignal;
}

/** A policy, and the environment that it is traced in. */
export interface TracedPolicy {
  readonly environment: EnvironmentSpec;
  readonly source: string;
  readonly limits: PolicyLimits;
}

/** The seeds that show how a candidate does. */
export interface TellingSeeds {
  readonly median: number;
  readonly worst: number;
}

/** Finds the seeds of the median and of the worst return, of equal ones the least; `null` for no episodes. */
export function findTellingSeeds(episodes: readonly CandidateEpisode[]): TellingSeeds | null {
  const sorted = [...episodes].sort((a, b) => a.return - b.return || a.seed - b.seed);
  const [worst, median] = [sorted[0], sorted[(sorted.length - 1) >> 1]];
  return worst === undefined || median === undefined ? null : { worst: worst.seed, median: median.seed };
}

/**
 * Traces an episode, or finds its trace where it was traced before. In an environment that does not repeat, an episode is
 * another each time, and no trace is kept. Failures are those of the evaluator; the policy's own is part of a trace.
 */
export async function traceEpisode(
  { evaluator, cache, signal }: TracePorts,
  { environment, source, limits }: TracedPolicy,
  seed: number,
): Promise<Result<KeptTrace>> {
  const isRepeatable = environment.unrepeatable === undefined;
  const key = computeTraceKey(source, environment, seed);
  const known = isRepeatable ? await cache.find(key) : null;
  if (known !== null) return { ok: true, value: known };
  const traced = await evaluator.request(
    'trace',
    { environment, source, limits, seed, pictures: 0 },
    { signal },
  );
  if (!traced.ok) return traced;
  const value = cutTrace(seed, traced.value);
  if (isRepeatable) await cache.keep(key, value);
  return { ok: true, value };
}

/** Computes the SHA-256 of what an episode follows from: the policy's text, the environment and the seed. */
function computeTraceKey(source: string, environment: EnvironmentSpec, seed: number): string {
  return computeSha256(writeCanonicalJson([hashPolicy(source), hashEnvironment(environment), seed]));
}
