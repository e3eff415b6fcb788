/**
 * The events of a comparison, in `comparison.jsonl`: who took part, what each played, and what it comes to. As in a
 * run, clock values stand beside an event, in the line's `meta`: `measured` there says how long a policy takes.
 */
import { z } from 'zod';
import { environmentFacts, policyFailure, policySize, resourceUsage } from '@policybook/protocol';
import { FOLDER_FORMAT, recomputedDifferently, score } from '../events';
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
  /** Seeds that every policy has played: all that was asked for, or fewer where it was stopped. */
  episodes: z.int().positive(),
  bounds: z.strictObject({ low: z.number(), high: z.number(), assumed: z.boolean() }),
  contestants: z.array(
    z.strictObject({
      name: z.string(),
      /** Policies that stand for it. */
      replicates: z.int().positive(),
      /** Mean return over seeds; of several replicates, the mean of theirs on each seed. */
      score,
      /** Interquartile mean of the replicates' means, resampled over replicates; `null` for a single policy. */
      iqm: estimate.nullable(),
      /** Episodes that failed, counted as the lower bound. */
      failed: z.int().nonnegative(),
    }),
  ),
  policies: z.array(z.strictObject({ contestant: z.string(), replicate: z.int().positive(), score })),
  /** Every two contestants, in their order. */
  pairs: z.array(
    z.strictObject({
      first: z.string(),
      second: z.string(),
      /** Paired mean difference (first − second). */
      difference: score,
      /** Probability that first returns more than second on a fresh seed, ties half. */
      wins: estimate,
      /** Probability that a search of first gives a better policy than one of second; `null` for single policies. */
      improvement: estimate.nullable(),
    }),
  ),
  /** Share of episodes with a return above each threshold. */
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
    /** Within its contestant, from 1. */
    replicate: z.int().positive(),
    /** What it is called elsewhere: `first/2@7`, a path. */
    reference: z.string().nullable(),
    label: z.string(),
    /** File name under `policies/`. */
    policy: z.string(),
    hash: z.string(),
    size: policySize,
    /** UTF-8 bytes of the text. */
    bytes: z.int().nonnegative(),
    /** What it took to learn, and to choose it. */
    usage: resourceUsage,
  }),
  /** Drawn when every policy was frozen. */
  z.strictObject({ type: z.literal('seeds_drawn'), seeds: z.array(z.int()) }),
  z.strictObject({
    type: z.literal('block_played'),
    contestant: z.string(),
    replicate: z.int().positive(),
    /** Position of the first seed. */
    start: z.int().nonnegative(),
    /** In the order of the seeds; `null` for an episode that failed. */
    returns: z.array(z.number().nullable()),
    /** The first of its failures. */
    failure: policyFailure.optional(),
    usage: resourceUsage,
  }),
  recomputedDifferently,
  /** `finished` is the last; after the others a later session goes on. */
  z.strictObject({
    type: z.literal('comparison_stopped'),
    reason: z.enum(['finished', 'interrupted', 'failed']),
    message: z.string(),
    /** `null` before every policy has played a block. */
    conclusion: conclusion.nullable(),
  }),
]);
/** An event of a comparison, parsed. */
export type ComparisonEvent = z.infer<typeof comparisonEvent>;

/** The event of a comparison that has this type. */
export type ComparisonEventOf<T extends ComparisonEvent['type']> = Extract<ComparisonEvent, { type: T }>;

/** What clocks said of a policy, in the meta of `contestant_loaded`; `null` where it is not known. */
export const measured = z.strictObject({
  /** Seconds that learning it took, of CPU and on the clock. */
  learningCpuSeconds: z.number().nullable(),
  learningWallSeconds: z.number().nullable(),
  coldStartMs: z.number().nullable(),
  decisionUs: z.number().nullable(),
});
/** What clocks said of a policy, parsed. */
export type Measured = z.infer<typeof measured>;

/** What is known of a policy that no clock was held to. */
export const unmeasured: Measured = {
  learningCpuSeconds: null,
  learningWallSeconds: null,
  coldStartMs: null,
  decisionUs: null,
};
