/**
 * The events of a comparison, in `comparison.jsonl`: which policies took part, what each played, and what it comes to. As
 * in a run, what clocks measured stands next to an event, in the `meta` of its line: `measured` there says how long a
 * policy takes.
 */
import { z } from 'zod';
import { environmentFacts, policyFailure, policySize, resourceUsage } from '@policybook/protocol';
import type { EventHandling } from '../event-handling';
import { episodesLost, FOLDER_FORMAT, recomputedDifferently, score } from '../events';
import { comparisonSettings } from './settings';

/** A number with an interval at the comparison's confidence; without one where nothing can be said of it. */
const estimate = z.strictObject({
  value: z.number(),
  low: z.number().nullable(),
  high: z.number().nullable(),
});
/** A number with its interval, parsed. */
export type Estimate = z.infer<typeof estimate>;

/** What a comparison comes to, after the seeds that every policy has played. */
export const conclusion = z.strictObject({
  /** The number of seeds that every policy has played: all that were requested, or fewer where it was stopped. */
  episodes: z.int().positive(),
  bounds: z.strictObject({ low: z.number(), high: z.number(), assumed: z.boolean() }),
  contestants: z.array(
    z.strictObject({
      name: z.string(),
      /** The number of policies that stand for it. */
      replicates: z.int().positive(),
      /** The mean return over seeds; on each seed, the mean of its replicates counts. */
      score,
      /** The interquartile mean of its replicates' means, resampled over replicates; `null` for a single policy. */
      iqm: estimate.nullable(),
      /** The number of episodes that failed, which count as the lower bound. */
      failed: z.int().nonnegative(),
    }),
  ),
  policies: z.array(z.strictObject({ contestant: z.string(), replicate: z.int().positive(), score })),
  /** All pairs of contestants, in their order. */
  pairs: z.array(
    z.strictObject({
      first: z.string(),
      second: z.string(),
      /** The paired mean difference (first − second). */
      difference: score,
      /** The probability that first returns more than second on a fresh seed, ties half. */
      wins: estimate,
      /** The probability that a replicate of first is better than one of second; `null` for single policies. */
      improvement: estimate.nullable(),
    }),
  ),
  /** The share of episodes with a return above each threshold. */
  profile: z.strictObject({
    thresholds: z.array(z.number()),
    contestants: z.array(
      z.strictObject({
        name: z.string(),
        above: z.array(z.number()),
        low: z.array(z.number()),
        high: z.array(z.number()),
      }),
    ),
  }),
});
/** What a comparison comes to, parsed. */
export type Conclusion = z.infer<typeof conclusion>;

/** Every event of a comparison. */
export const comparisonEvent = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('comparison_declared'),
    format: z.literal(FOLDER_FORMAT),
    comparison: z.string(),
    settings: comparisonSettings,
    facts: environmentFacts,
  }),
  /** A policy that takes part, frozen from here on. */
  z.strictObject({
    type: z.literal('contestant_loaded'),
    contestant: z.string(),
    /** Its number within its contestant, from 1. */
    replicate: z.int().positive(),
    /** What it is called elsewhere: `first/2@7`, a path; `null` for nothing. */
    reference: z.string().nullable(),
    label: z.string(),
    /** File name under `policies/`. */
    policy: z.string(),
    hash: z.string(),
    size: policySize,
    /** The UTF-8 bytes of the text. */
    bytes: z.int().nonnegative(),
    /** What it took to learn it, and to choose it. */
    usage: resourceUsage,
    /** Present where who wrote it may have played in the environment where nothing counts it. */
    unmetered: z.literal(true).exactOptional(),
  }),
  /** The seeds were drawn when every policy was frozen. */
  z.strictObject({ type: z.literal('seeds_drawn'), seeds: z.array(z.int()) }),
  z.strictObject({
    type: z.literal('block_played'),
    contestant: z.string(),
    replicate: z.int().positive(),
    /** The position of the first seed, from 0. */
    start: z.int().nonnegative(),
    /** The returns in the order of the seeds; `null` for an episode that failed. */
    returns: z.array(z.number().nullable()),
    /** The seeds that were played; absent where no fault of the environment has put another in a drawn one's place. */
    seeds: z.array(z.int()).exactOptional(),
    /** The first of its failures; absent where none failed. */
    failure: policyFailure.optional(),
    usage: resourceUsage,
  }),
  episodesLost,
  recomputedDifferently,
  /** The comparison stopped. `finished` is its last event; after the other reasons a later session goes on. */
  z.strictObject({
    type: z.literal('comparison_stopped'),
    reason: z.enum(['finished', 'interrupted', 'failed']),
    message: z.string(),
    /** `null` before every policy has played a block, and where every episode failed. */
    conclusion: conclusion.nullable(),
  }),
]);
/** An event of a comparison, parsed. */
export type ComparisonEvent = z.infer<typeof comparisonEvent>;

/** The event of a comparison that has this type. */
export type ComparisonEventOf<T extends ComparisonEvent['type']> = Extract<ComparisonEvent, { type: T }>;

/** What becomes of each type of event of a comparison. */
export const COMPARISON_EVENT_HANDLING = {
  comparison_declared: { isDurable: true, isLogged: false, isInTables: false },
  contestant_loaded: { isDurable: true, isLogged: false, isInTables: true },
  seeds_drawn: { isDurable: true, isLogged: false, isInTables: true },
  block_played: { isDurable: true, isLogged: false, isInTables: true },
  comparison_stopped: { isDurable: true, isLogged: false, isInTables: true },
} as const satisfies Readonly<
  Record<Exclude<ComparisonEvent['type'], 'recomputed_differently' | 'episodes_lost'>, EventHandling>
>;

/** What clocks said of a policy, in the meta of `contestant_loaded`; `null` where it is not known. */
export const measured = z.strictObject({
  /** The seconds that learning it took, of CPU and on the clock. */
  learningCpuSeconds: z.number().nullable(),
  learningWallSeconds: z.number().nullable(),
  coldStartMs: z.number().nullable(),
  decisionUs: z.number().nullable(),
});
/** What clocks said of a policy, parsed. */
export type Measured = z.infer<typeof measured>;

/** What is known of a policy that was not measured. */
export const UNMEASURED: Measured = {
  learningCpuSeconds: null,
  learningWallSeconds: null,
  coldStartMs: null,
  decisionUs: null,
};
