/**
 * MIME names and payloads of the run view and of figures: what the kernel writes, the labextension reads and a notebook
 * keeps. `diff.ts` has its own.
 *
 * The compiler keeps the writer strict; readers let keys pass that they do not know, because a saved notebook may
 * come from a newer kernel than the page that shows it. `version` changes when an old reader would be wrong.
 */
// As a namespace, so that bundlers leave out what is not used.
import * as z from 'zod';

/** MIME type of the run view's payload. */
export const RUN_MIME = 'application/vnd.policybook.run+json';
/** MIME type of a figure's payload. */
export const FIGURE_MIME = 'application/vnd.policybook.figure+json';
/** MIME type of Plotly figures, as JupyterLab knows it. */
export const PLOTLY_MIME = 'application/vnd.plotly.v1+json';

/** A mean return with its interval. */
export const scoreSchema = z.object({
  mean: z.number(),
  low: z.number(),
  high: z.number(),
  episodes: z.int(),
});
/** A mean return with its interval and the number of episodes. */
export type ScoreText = z.infer<typeof scoreSchema>;

/** What the run view shows in addition to Plotly's part of the same bundle. */
export const runPayloadSchema = z.object({
  version: z.literal(1),
  run: z.string(),
  environment: z.string(),
  author: z.string(),
  status: z.enum(['running', 'exhausted', 'budget', 'interrupted', 'paused', 'failed']),
  /** What it is doing now, or why it stopped. */
  activity: z.string(),
  /** Return that counts as solved, `null` where none is declared. */
  threshold: z.number().nullable(),
  /** The head: what the run hands over. It is the champion, or leads it. */
  champion: z
    .object({
      reference: z.string(),
      label: z.string(),
      kind: z.string(),
      score: scoreSchema,
      /** Whether its score is of other episodes than those by which it was chosen, which flatter it. */
      isMeasured: z.boolean().default(true),
      /** Path of the policy's file, relative to the notebook. */
      path: z.string(),
      /** The name of that file, by which the kernel knows the candidate; `null` in outputs of earlier versions. */
      policy: z.string().nullable().default(null),
      /** Path of the file with the prompt and the answer of the call that wrote it; `null` where no model did. */
      callPath: z.string().nullable().default(null),
      /** "21 lines, 5 branches, 126 syntax nodes, 15 constants" */
      size: z.string(),
      lines: z.int(),
      /** How far it leads the champion without having been shown to be better; `null` where it is the champion. */
      lead: z.string().nullable().default(null),
      /** How a person can find out whether it is better; `null` where there is nothing to find out, or the run still may. */
      advice: z.string().nullable().default(null),
      /** The cell that finds it out; `null` where there is none. */
      adviceCell: z.string().nullable().default(null),
    })
    .nullable(),
  /** The champion, where the head is another policy: the best that was shown to be so; `null` where the head is the champion. */
  proven: z
    .object({
      reference: z.string(),
      label: z.string(),
      score: scoreSchema,
      isFirst: z.boolean(),
      /** The name of its file, as of the head. */
      policy: z.string().nullable().default(null),
    })
    .nullable()
    .default(null),
  /** What the user has accepted as the result, in words, and whether that is the head; `null` for nothing. */
  accepted: z.object({ isHead: z.boolean(), text: z.string() }).nullable().default(null),
  /** Reasons to doubt its score, newest first. */
  alarms: z.array(z.object({ code: z.string(), text: z.string() })),
  /** On what the numbers rest: comparisons and what they risked, bounds, races, audits. */
  evidence: z.array(z.object({ name: z.string(), text: z.string() })),
  /** Limited means first, then the episodes and steps that every run spends. */
  budget: z.array(
    z.object({ name: z.string(), spent: z.number(), limit: z.number().nullable(), unit: z.string() }),
  ),
  /**
   * `accepted` became champion, `rejected` failed or were shown to be worse, `dropped` fell behind in a race,
   * `refused` lost golden cases, `notCompared` were not. The classes add up to `proposed`.
   */
  candidates: z.object({
    proposed: z.int(),
    accepted: z.int(),
    rejected: z.int(),
    dropped: z.int(),
    refused: z.int().default(0),
    undecided: z.int(),
    equivalent: z.int(),
    notCompared: z.int().default(0),
  }),
  /** What to know about how policies were confined; `null` where they were well. */
  confinement: z.string().nullable().default(null),
  findings: z.array(z.string()),
  /** What the author cannot do in this environment, which stands above all else; `null` where it can. */
  limitation: z.string().nullable().default(null),
  /** Newest last, at most 12. */
  log: z.array(
    z.object({
      candidate: z.int().nullable(),
      text: z.string(),
      tone: z.enum(['good', 'bad', 'plain']),
      /** Path of the file with the prompt and the answer of the call that wrote the candidate; `null` for none. */
      callPath: z.string().nullable().default(null),
    }),
  ),
  /** What a person may accept or reject while the run goes on, by their numbers; empty where it does not. */
  listed: z.array(z.object({ reference: z.string(), policy: z.string(), text: z.string() })).default([]),
  /** The answer that a model is giving, as far as it has come; `null` for none. */
  answer: z
    .object({
      seconds: z.number(),
      tokens: z.number(),
      idea: z.string().nullable(),
      reasoning: z.string(),
      content: z.string(),
    })
    .nullable()
    .default(null),
  /** Environment steps a second while running, `null` when stopped or unknown. */
  stepsPerSecond: z.number().nullable(),
  /** Seconds until the budget ends at this rate, at most; `null` where nothing can be said. */
  secondsLeft: z.number().nullable(),
});
/** What the renderer of the run view reads. */
export type RunPayload = z.infer<typeof runPayloadSchema>;

/** A figure that stands alone: what is said above the plot, which is Plotly's part of the same bundle. */
export const figurePayloadSchema = z.object({
  version: z.literal(1),
  title: z.string(),
  /** For those who do not see the plot. */
  label: z.string(),
});
/** A figure as its renderer reads it. */
export type FigurePayload = z.infer<typeof figurePayloadSchema>;
