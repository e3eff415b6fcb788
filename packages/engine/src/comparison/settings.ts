/** What a comparison is asked to do: the resolved declaration, as `comparison_declared` records it. */
import { z } from 'zod';
import { environmentSpec, policyLimits, type Json } from '@policybook/protocol';
import { runSettings } from '../settings';

/** Any value that JSON can hold, read-only as everything that crosses a process boundary. */
const json: z.ZodType<Json> = z.json();

/** Where a contestant's policies come from. */
export const contestantOrigin = z.discriminatedUnion('kind', [
  /** The texts exist already: one policy, or the champions of all replicates of a repeated run. */
  z.strictObject({
    kind: z.literal('policies'),
    policies: z.array(z.strictObject({ reference: z.string(), hash: z.string() })).min(1),
  }),
  /** They are learned for this comparison, as replicates of a run of this name. */
  z.strictObject({
    kind: z.literal('author'),
    run: z.string(),
    repeat: z.int().positive(),
    settings: runSettings,
  }),
  /**
   * They are what another contestant's author gives when it is only sampled: independent answers to its first prompt, as
   * many as that contestant's tokens pay for, the best chosen with as many episodes; in a run of this name.
   */
  z.strictObject({ kind: z.literal('sampling'), of: z.string(), run: z.string() }),
  z.strictObject({
    kind: z.literal('baseline'),
    baseline: z.enum(['random', 'constant', 'heuristic']),
    /** The action of `constant`; with `null` the best one is found by playing. */
    action: json,
  }),
  /** They are a recorded agent: its file, and the SHA-256 of its bytes. */
  z.strictObject({ kind: z.literal('agent'), file: z.string(), hash: z.string() }),
  /** They are trained for this comparison by Stable-Baselines3. */
  z.strictObject({
    kind: z.literal('training'),
    algorithm: z.string(),
    steps: z.int().positive(),
    repeat: z.int().positive(),
    settings: z.record(z.string(), z.json()),
  }),
]);
/** Where a contestant's policies come from, parsed. */
export type ContestantOrigin = z.infer<typeof contestantOrigin>;

/** A contestant by its name, and where its policies come from. */
export const contestantSettings = z.strictObject({ name: z.string(), origin: contestantOrigin });
/** A contestant's settings, parsed. */
export type ContestantSettings = z.infer<typeof contestantSettings>;

/** The resolved settings of a comparison. */
export const comparisonSettings = z.strictObject({
  environment: environmentSpec,
  /** The name that the user knows the environment by. */
  environmentName: z.string(),
  /** The declared bounds of an episode's return; `null` takes the extremes played, widened by half, and calls them assumed. */
  returns: z.tuple([z.number(), z.number()]).nullable(),
  /** The number of seeds that every policy plays. */
  episodes: z.int().positive(),
  seed: z.int().nonnegative(),
  /** The confidence of every interval, each for itself. */
  confidence: z.number(),
  policy: policyLimits,
  /** The contestant with which the others are compared in what is shown. */
  against: z.string(),
  contestants: z.array(contestantSettings).min(1),
});
/** The settings of a comparison, parsed. */
export type ComparisonSettings = z.infer<typeof comparisonSettings>;

/** Counts the policies that stand for a contestant. */
export function countReplicates(settings: ComparisonSettings, { origin }: ContestantSettings): number {
  switch (origin.kind) {
    case 'policies':
      return origin.policies.length;
    case 'author':
    case 'training':
      return origin.repeat;
    case 'sampling': {
      const original = settings.contestants.find(({ name }) => name === origin.of);
      return original === undefined ? 1 : countReplicates(settings, original);
    }
    case 'baseline':
    case 'agent':
      return 1;
  }
}
