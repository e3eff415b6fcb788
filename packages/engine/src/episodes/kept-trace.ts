/** A traced episode as it is kept for another look: without pictures, and with so many steps at most. */
import { policyFailure, tracedStep, type Json, type MethodResult } from '@policybook/protocol';
import { z } from 'zod';

/** The most steps that are kept of a trace. */
export const MAX_KEPT_STEPS = 200;

/** One step of a kept trace. */
const keptStep = tracedStep.omit({ png: true }).extend({
  /** The number of the step in the episode, from 1. */
  step: z.int().positive(),
  /** The sum of the rewards up to and with this step. */
  returned: z.number(),
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
  /** The least and the greatest value of each coordinate of the observation over the whole episode, by its path; see `listCoordinates`. */
  extremes: z.record(z.string(), z.tuple([z.number(), z.number()])),
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
  let returned = 0;
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
    steps: trace.steps.flatMap(({ png: _, ...step }, index) => {
      returned += step.reward;
      return chosen.has(index) ? [{ ...step, step: index + 1, returned }] : [];
    }),
    extremes: findExtremes(trace),
    failure: trace.failure,
  };
}

/**
 * Lists the numbers of an observation by their paths: "3" in an array, "door/0" in a dictionary, "" for a number alone. Truth values
 * are 0 and 1; texts are left out.
 */
export function listCoordinates(observation: Json): readonly (readonly [path: string, value: number])[] {
  if (typeof observation === 'number') return [['', observation]];
  if (typeof observation === 'boolean') return [['', Number(observation)]];
  if (typeof observation !== 'object' || observation === null) return [];
  return Object.entries(observation).flatMap(([key, value]) =>
    listCoordinates(value ?? null).map(
      ([path, each]) => [path === '' ? key : `${key}/${path}`, each] as const,
    ),
  );
}

function findExtremes({ steps }: MethodResult<'trace'>): KeptTrace['extremes'] {
  const extremes: Record<string, [number, number]> = {};
  for (const { observation } of steps)
    for (const [path, value] of listCoordinates(observation)) {
      const known = (extremes[path] ??= [value, value]);
      known[0] = Math.min(known[0], value);
      known[1] = Math.max(known[1], value);
    }
  return extremes;
}

/** The index of the step at one of the evenly spread places. */
function spread(place: number, length: number): number {
  return length <= MAX_KEPT_STEPS ? place : Math.round((place * (length - 1)) / (MAX_KEPT_STEPS - 1));
}
