/** What a use of the tool `submit` proposes: a text, or edits of an earlier one, and what it was made of. */
import { findHead, type CandidateId, type Proposal } from '@policybook/engine';
import { z } from 'zod';
import type { AgentSession } from './agent-session';
import { editSubject, listLabels, makeUnique, MOST_PARENTS } from './answer';
import { createEdit } from './edits';
import { quoteInLine } from './quoted';

/** Characters of a text that is submitted or tried. */
const MOST_SOURCE = 200_000;
/** Edits of one use at most. */
const MOST_EDITS = 100;

/** The schema of a policy's text among the arguments of a tool. */
export const policyText = z.string().min(1).max(MOST_SOURCE);

const candidateNumber = z.int().positive();

/** The schema of the arguments of `submit`. */
export const submission = z.strictObject({
  policy: policyText.exactOptional().describe('The whole policy file; or give `edits`.'),
  edits: z
    .array(
      z.strictObject({
        search: policyText.describe(
          'Whole lines, exactly as they stand in the text with their indentation, which stand there exactly once.',
        ),
        replace: z.string().max(MOST_SOURCE).describe('The lines that take their place; empty for none.'),
      }),
    )
    .min(1)
    .max(MOST_EDITS)
    .exactOptional()
    .describe(
      'In the place of `policy`: edits of the text of `parent`, by default of the best policy so far, applied in their order.',
    ),
  label: z.string().min(1).max(200).describe('Three to five words that name the approach.'),
  idea: z.string().min(1).max(1000).describe('What changes, and why it should score higher.'),
  parent: z
    .union([candidateNumber, z.array(candidateNumber).min(1).max(MOST_PARENTS)])
    .exactOptional()
    .describe(
      'The number of the candidate that it was made of, as 5 for @5, by default the best policy so far; of two that it joins both, as [5, 7], the one with more of its text first.',
    ),
  expected: z
    .number()
    .exactOptional()
    .describe(
      'By how much you expect its mean return to be above that of its parent, which is then measured.',
    ),
});

/** What is proposed, or why the arguments propose nothing. */
export type ReadSubmission =
  { readonly ok: true; readonly proposal: Proposal } | { readonly ok: false; readonly message: string };

/** Reads the arguments of a use of `submit`. */
export function readSubmission(
  session: AgentSession,
  { policy, edits, label, idea, parent, expected }: z.output<typeof submission>,
): ReadSubmission {
  if ((policy === undefined) === (edits === undefined))
    return { ok: false, message: 'Give either `policy`, the whole file, or `edits` of an earlier one.' };
  const { state, source: readSource } = session.request;
  const parents: CandidateId[] = [];
  for (const number of new Set([parent ?? []].flat())) {
    const found = session.findCandidate(number);
    if (!found.ok) return found;
    parents.push(found.id);
  }
  const subject = { draft: null, best: findHead(state)?.id ?? null, findText: readSource };
  const text =
    edits === undefined
      ? { ok: true as const, source: policy ?? '' }
      : editSubject(
          edits.map(({ search, replace }) => createEdit(search, replace)),
          parents,
          subject,
        );
  if (!text.ok) return text;
  const name = makeUnique(quoteInLine(label, 60) || 'submitted', listLabels(state));
  const [made, joined] = parents;
  return {
    ok: true,
    proposal: {
      label: name,
      idea: quoteInLine(idea, 300) || name,
      source: `${text.source.trimEnd()}\n`,
      ...(made !== undefined && { parent: made }),
      ...(joined !== undefined && { joined }),
      ...(expected !== undefined && { expected }),
    },
  };
}
