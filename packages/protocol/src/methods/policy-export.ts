import { z } from 'zod';
import { dataFolder, environmentFacts, environmentSpec } from '../spec';

/** What an exported program can be held to: an audit, and all that is needed to play it again. */
export const exportClaim = z.strictObject({
  /** `first@8`, for people. */
  policy: z.string(),
  environment: z.string(),
  kwargs: z.record(z.string(), z.json()),
  /** SHA-256 of the audited text; the seeds follow from it, the environment's hash and the nonce. */
  policyHash: z.string(),
  /** SHA-256 of the environment's declaration. */
  environmentHash: z.string(),
  nonce: z.string(),
  /** Positions, from 0, at which a fault of the environment has put another seed in the drawn one's place; absent for none. */
  replaced: z.array(z.tuple([z.int().nonnegative(), z.int().nonnegative()])).exactOptional(),
  /** The audit's number within the run. */
  audit: z.int().positive(),
  episodes: z.int().positive(),
  mean: z.number(),
  /** Ends of the confidence interval of the mean. */
  low: z.number(),
  high: z.number(),
  /** Confidence of the interval, between 0 and 1. */
  confidence: z.number(),
  /** Bounds of returns that the interval assumes; a failed episode counts as the lower one. */
  returns: z.tuple([z.number(), z.number()]),
  /** What differed when the environment was tried with one seed twice; absent where it repeats. */
  unrepeatable: z.string().exactOptional(),
});
/** What an exported program can be held to, parsed. */
export type ExportClaim = z.infer<typeof exportClaim>;

/** Writes a policy's text as a program that runs alone: PEP 723 header, docstring of provenance, `__main__`, `predict`. */
export const exportPolicy = {
  params: z.strictObject({
    environment: environmentSpec,
    /** What the evaluator found out about the environment. */
    facts: environmentFacts,
    /** Where the user's modules were looked for, seen from the program. */
    folders: z.array(z.string()),
    /** The notebook's folder, seen from the program. */
    notebook: z.string(),
    source: z.string(),
    /** Provenance lines for the docstring, in order. */
    provenance: z.array(z.string()),
    versions: z.record(z.string(), z.string()),
    claim: exportClaim.nullable(),
    /** A folder whose files go into the program. */
    data: dataFolder.exactOptional(),
  }),
  result: z.strictObject({ source: z.string() }),
};
