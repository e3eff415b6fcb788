/** What a run is asked to do: the resolved declaration, as the engine takes it and `run_declared` records it. */
import { z } from 'zod';
import { budgetSchema, environmentSpec, policyLimits } from '@policybook/protocol';

/** An author by its kind, with settings that only the author itself knows and checks. */
export const authorSettings = z.object({ kind: z.string() }).catchall(z.json());
/** An author's kind and settings, parsed. */
export type AuthorSettings = z.infer<typeof authorSettings>;

/** An episode on which no later head or champion may lose; see `choice/golden.ts`. */
export const goldenCase = z.strictObject({
  seed: z.int().nonnegative(),
  /** What the environment's `reset` is given as its options; absent for nothing. */
  options: z.record(z.string(), z.json()).exactOptional(),
  /** The least return that holds it; absent: the best return of the heads so far, minus the minimum effect. */
  atLeast: z.number().exactOptional(),
});
/** A golden case, parsed. */
export type GoldenCase = z.infer<typeof goldenCase>;

/** A further environment in which a policy has to do as well. */
const variantEnvironment = z.strictObject({
  /** The name that the user knows it by. */
  name: z.string(),
  environment: environmentSpec,
  /** The number of steps after which an episode there ends at the latest. */
  longestEpisode: z.int().positive(),
});

/**
 * Whether the head is simplified. Parts that no episode exercises are marked. Where the user names further environments,
 * `on`, such parts are taken out when no episode of the run's environment and of these exercises them.
 */
export const simplification = z.union([
  z.boolean(),
  z.strictObject({ on: z.array(variantEnvironment).min(1) }),
]);
/** Whether and where the head is simplified, parsed. */
export type Simplification = z.infer<typeof simplification>;

/** The settings of a run, resolved. */
export const runSettings = z.strictObject({
  environment: environmentSpec,
  /** The name that the user knows the environment by: its declared name or its id. */
  environmentName: z.string(),
  /** Names of the observation's coordinates. */
  observation: z.array(z.string()).nullable(),
  author: authorSettings,
  budget: budgetSchema,
  seed: z.int().nonnegative(),
  /** The declared bounds of an episode's return; `null` takes the extremes seen, widened by half, and calls them assumed. */
  returns: z.tuple([z.number(), z.number()]).nullable(),
  racing: z.strictObject({
    /** Training seeds that every candidate plays first. */
    seeds: z.int().positive(),
    /** A race takes at most so many episodes for each candidate that enters it. */
    most: z.int().positive(),
  }),
  acceptance: z.strictObject({
    /** The confidence of a comparison, or of all that a run accepts, as `errorRate` says; in (0.5, 1). */
    confidence: z.number(),
    /** The minimum effect, in return; `null` takes 2 % of what champion or head is above the first champion. */
    minEffect: z.number().nonnegative().nullable(),
    /** The part of the episodes left that one comparison may take at most, in (0, 1]. */
    budgetShare: z.number().positive().max(1),
  }),
  /**
   * What 1 - `confidence` bounds: the probability that one comparison accepts falsely, or the share of the run's
   * acceptances that is expected to be false; see `acceptance/level.ts`.
   */
  errorRate: z.enum(['per_comparison', 'per_run']),
  /** The golden cases, which differ in their seeds or options; absent for none. */
  golden: z.array(goldenCase).min(1).exactOptional(),
  /** Whether the head is simplified, and where: `simplification`. */
  simplify: simplification,
  /** Whether constants marked `# tune:` are tuned. */
  tune: z.boolean(),
  policy: policyLimits,
  /** The text that the run starts from, such as a `%%policy` cell's; `null` for none. */
  start: z.string().nullable(),
});
/** The settings of a run, parsed. */
export type RunSettings = z.infer<typeof runSettings>;

/** The race of a run whose cell says nothing of it. */
export const DEFAULT_RACING = { seeds: 4, most: 64 };
/** What a challenger must show where the cell says nothing of it. */
export const DEFAULT_ACCEPTANCE = { confidence: 0.95, minEffect: null, budgetShare: 0.4 };
