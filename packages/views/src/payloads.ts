/** MIME names and payloads of the views: what the kernel writes, the labextension reads and a notebook keeps. */
import { z } from 'zod';

export const runMime = 'application/vnd.policybook.run+json';
export const diffMime = 'application/vnd.policybook.diff+json';
export const plotlyMime = 'application/vnd.plotly.v1+json';

const scoreText = z.strictObject({ mean: z.number(), low: z.number(), high: z.number(), episodes: z.int() });

/** What the run view shows beside Plotly's part of the same bundle. */
export const runPayload = z.strictObject({
  version: z.literal(1),
  run: z.string(),
  environment: z.string(),
  author: z.string(),
  status: z.enum(['running', 'exhausted', 'budget', 'interrupted', 'failed']),
  /** What it is doing now, or why it stopped. */
  activity: z.string(),
  /** Return that counts as solved, `null` where nobody declared one. */
  threshold: z.number().nullable(),
  champion: z
    .strictObject({
      reference: z.string(),
      label: z.string(),
      kind: z.string(),
      score: scoreText,
      /** Path of the policy's file, relative to the notebook. */
      path: z.string(),
      lines: z.int(),
    })
    .nullable(),
  budget: z.array(
    z.strictObject({ name: z.string(), spent: z.number(), limit: z.number().nullable(), unit: z.string() }),
  ),
  candidates: z.strictObject({ proposed: z.int(), accepted: z.int(), rejected: z.int(), undecided: z.int() }),
  findings: z.array(z.string()),
  /** Newest last, at most 12. */
  log: z.array(
    z.strictObject({
      candidate: z.int().nullable(),
      text: z.string(),
      tone: z.enum(['good', 'bad', 'plain']),
    }),
  ),
  /** Environment steps a second while running, `null` when stopped or unknown. */
  stepsPerSecond: z.number().nullable(),
  /** Seconds until the budget ends at this rate. */
  secondsLeft: z.number().nullable(),
});
export type RunPayload = z.infer<typeof runPayload>;

export const diffPayload = z.strictObject({
  version: z.literal(1),
  before: z.strictObject({ reference: z.string(), source: z.string(), score: scoreText.nullable() }),
  after: z.strictObject({ reference: z.string(), source: z.string(), score: scoreText.nullable() }),
  /** Unified diff, three lines of context. */
  unified: z.string(),
  added: z.int(),
  removed: z.int(),
});
export type DiffPayload = z.infer<typeof diffPayload>;
