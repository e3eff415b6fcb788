/** What a run is asked to do: the resolved declaration, as the engine takes it and `run_declared` records it. */
import { z } from 'zod';
import { budgetSchema, environmentSpec, policyLimits } from '@policybook/protocol';

/** An author by its kind, with settings that only the author itself knows and checks. */
export const authorSettings = z.object({ kind: z.string() }).catchall(z.json());
/** See `authorSettings`. */
export type AuthorSettings = z.infer<typeof authorSettings>;

/** The settings of a run, resolved. */
export const runSettings = z.strictObject({
  environment: environmentSpec,
  /** The name the user knows the environment by: declared name or id. */
  environmentName: z.string(),
  /** Names of the observation's coordinates. */
  observation: z.array(z.string()).nullable(),
  author: authorSettings,
  budget: budgetSchema,
  seed: z.int().nonnegative(),
  /** Bounds of an episode's return, declared; `null`: probed extremes widened by half, labelled assumed. */
  returns: z.tuple([z.number(), z.number()]).nullable(),
  racing: z.strictObject({
    /** Training seeds that every candidate of a generation plays first. */
    seeds: z.int().positive(),
    /** Most training seeds for a survivor. */
    most: z.int().positive(),
  }),
  acceptance: z.strictObject({
    /** Of one comparison, in (0.5, 1). */
    confidence: z.number(),
    /** Smallest gain worth having, in return; `null`: 2 % of champion minus the first candidate. */
    minEffect: z.number().nonnegative().nullable(),
    /** Part of the episodes left that one comparison may take at most, in (0, 1]. */
    budgetShare: z.number().positive().max(1),
  }),
  /** What `confidence` bounds: false acceptances of each comparison, or over the whole run. */
  errorRate: z.enum(['per_comparison', 'per_run']),
  /** Whether a new best is simplified. */
  simplify: z.boolean(),
  /** Whether constants marked `# tune:` are tuned. */
  tune: z.boolean(),
  policy: policyLimits,
  /** Text to start from, e.g. a `%%policy` cell's. */
  start: z.string().nullable(),
});
/** The settings of a run, parsed. */
export type RunSettings = z.infer<typeof runSettings>;

/** The race of a run whose cell says nothing of it. */
export const defaultRacing = { seeds: 8, most: 64 };
/** What a challenger must show where the cell says nothing of it. */
export const defaultAcceptance = { confidence: 0.95, minEffect: null, budgetShare: 0.4 };
