/** A traced episode as it is kept for another look: without pictures, and with so many steps at most. */
import { policyFailure, tracedStep, type MethodResult } from '@policybook/protocol';
import { z } from 'zod';

/** The most steps that are kept of a trace. */
export const MAX_KEPT_STEPS = 200;

/** One step of a kept trace. */
const keptStep = tracedStep.omit({ png: true }).extend({
  /** The number of the step in the episode, from 1. */
  step: z.int().positive(),
});

/** A traced episode, bounded. */
export const keptTrace = z.strictObject({
  seed: z.int().nonnegative(),
  return: z.number(),
  terminated: z.boolean(),
  truncated: z.boolean(),
  /** The steps of the whole episode. */
  length: z.int().nonnegative(),
  /** Lines of the policy, and in how many steps of the whole episode each ran; those that never ran are absent. */
  lines: z.array(z.tuple([z.int(), z.int()])),
  /** Steps that are evenly spread, the first and the last among them. */
  steps: z.array(keptStep).max(MAX_KEPT_STEPS),
  /** Why the episode ended behind its last step, where the policy failed. */
  failure: policyFailure.nullable(),
});
/** A traced episode, bounded and parsed. */
export type KeptTrace = z.infer<typeof keptTrace>;

/** Cuts a trace down to what is kept of it. */
export function cutTrace(seed: number, trace: MethodResult<'trace'>): KeptTrace {
  const length = trace.steps.length;
  const stepsByLine = new Map<number, number>();
  for (const { lines } of trace.steps)
    for (const [line] of lines) stepsByLine.set(line, (stepsByLine.get(line) ?? 0) + 1);
  const chosen = new Set(
    Array.from({ length: Math.min(length, MAX_KEPT_STEPS) }, (_, place) => spread(place, length)),
  );
  return {
    seed,
    return: trace.return,
    terminated: trace.terminated,
    truncated: trace.truncated,
    length,
    lines: [...stepsByLine].sort(([one], [other]) => one - other),
    steps: trace.steps.flatMap(({ png: _, ...step }, index) =>
      chosen.has(index) ? [{ ...step, step: index + 1 }] : [],
    ),
    failure: trace.failure,
  };
}

/** The index of the step at one of the evenly spread places. */
function spread(place: number, length: number): number {
  return length <= MAX_KEPT_STEPS ? place : Math.round((place * (length - 1)) / (MAX_KEPT_STEPS - 1));
}
