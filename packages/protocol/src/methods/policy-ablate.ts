import { z } from 'zod';
import { environmentSpec, policyLimits, requestUsage } from '../spec';

/** How differently a policy acts after one change of its text. */
const ablation = z.strictObject({
  /** The observations on which the action is another one, as a part of all, from 0 to 1; `null` where the changed text fails. */
  share: z.number().min(0).max(1).nullable(),
  /**
   * The mean over all observations by how much the action moves, as a part of its range; `null` where actions are no numbers with
   * finite bounds, or are numbers of choices.
   */
  change: z.number().nonnegative().nullable(),
});

/** A policy without one of its parts: lines of the text, counted from 1, and what was done to it, for people. */
export const ablatedPart = ablation.extend({
  label: z.string(),
  first: z.int().positive(),
  last: z.int().positive(),
});
/** A policy without one of its parts, parsed. */
export type AblatedPart = z.infer<typeof ablatedPart>;

/** A policy with one marked constant moved: the mean of both directions. */
export const movedConstant = ablation.extend({ name: z.string() });
/** A policy with one marked constant moved, parsed. */
export type MovedConstant = z.infer<typeof movedConstant>;

/**
 * Says what each part of a policy is worth, without its return: how often the policy acts otherwise without the part, or with a
 * marked constant moved by `part` of its range, on what it observes in the episodes of `seeds`.
 */
export const ablatePolicy = {
  params: z.strictObject({
    environment: environmentSpec,
    source: z.string(),
    limits: policyLimits,
    seeds: z.array(z.int().nonnegative()),
    part: z.number().positive(),
    /** Changed texts that are played again at most: parts in the order of the text, then constants. */
    mostParts: z.int().nonnegative(),
    mostConstants: z.int().nonnegative(),
  }),
  result: z.strictObject({
    parts: z.array(ablatedPart),
    constants: z.array(movedConstant),
    /** The parts beyond the most that was asked for; `null` where the text is so large that its parts were not looked for. */
    otherParts: z.int().nonnegative().nullable(),
    /** The marked constants beyond the most that was asked for. */
    otherConstants: z.int().nonnegative(),
    observations: z.int().nonnegative(),
    usage: requestUsage,
  }),
};
