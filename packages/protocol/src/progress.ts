/** What a running request reports of itself. */
import { z } from 'zod';

/** Progress of a running request since it began; a field that a method does not report is absent. */
export const evaluatorProgress = z.object({
  /** Episodes played so far. */
  episodes: z.int().optional(),
  /** Environment steps taken so far. */
  steps: z.int().optional(),
  /** What the environment has printed since the last report, without control characters. */
  output: z.string().optional(),
  /** CPU seconds of the job's process and of what was played for it so far; a clock field, never compared. */
  cpuSeconds: z.number().optional(),
  /**
   * Where the environment has been for longer than a moment, for people: "in step 312 of seed 17 for 12 s". A report of
   * progress without it, but for one of output, says that it goes on.
   */
  place: z.string().optional(),
  /** The tuner's generation, from 0. */
  generation: z.int().optional(),
  /** Mean return of the tuner's generation. */
  mean: z.number().optional(),
});
/** Progress of a running request, parsed. */
export type EvaluatorProgress = z.infer<typeof evaluatorProgress>;
