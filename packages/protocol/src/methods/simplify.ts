import { z } from 'zod';
import { environmentSpec, policyLimits, requestUsage } from '../spec';

/** Why a part of a text counts as unexercised: no episode reaches it, its condition always holds, or the policy acts alike without it. */
const unexercisedKind = z.enum(['never_reached', 'always_true', 'no_effect']);

/** Lines of a text, counted from 1, that recorded episodes do not contradict. */
export const unexercisedPart = z.strictObject({
  kind: unexercisedKind,
  first: z.int().positive(),
  last: z.int().positive(),
});
/** Lines of a text that recorded episodes do not contradict, parsed. */
export type UnexercisedPart = z.infer<typeof unexercisedPart>;

/** Makes smaller texts of the same policy, and says what of it the episodes played for that do not exercise. */
export const simplify = {
  params: z.strictObject({
    environment: environmentSpec,
    source: z.string(),
    limits: policyLimits,
    seeds: z.array(z.int().nonnegative()),
    /** Further environments of the same spaces. Where there are any, what no episode contradicts is taken out of the text. */
    variantEnvironments: z.array(
      z.strictObject({ environment: environmentSpec, seeds: z.array(z.int().nonnegative()) }),
    ),
    /** How often the episodes are played again at most, by the steps of that; the text under way is played to its end. */
    mostReplays: z.number().nonnegative(),
    /** The steps of that at most. */
    mostReplayedSteps: z.int().nonnegative(),
    /** Variants that are wanted at most. */
    mostVariants: z.int().nonnegative(),
  }),
  result: z.strictObject({
    /** The text after edits that make no difference, `null` where there are none. */
    identical: z.strictObject({ source: z.string(), edits: z.array(z.string()) }).nullable(),
    /** What no episode contradicts and is left, in the order of the lines of the text above, else of the given one. */
    unexercised: z.array(unexercisedPart),
    /** Texts that change some action, which the engine must test. */
    variants: z.array(z.strictObject({ label: z.string(), source: z.string() })),
    /** The steps on which texts were played again. */
    replayedSteps: z.int().nonnegative(),
    /** Whether the bound of these steps ended the search. */
    isCutShort: z.boolean(),
    usage: requestUsage,
  }),
};
