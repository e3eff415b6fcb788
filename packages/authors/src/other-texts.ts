/** The texts of other policies in a prompt: the best of those that are not built as the best policy is. */
import {
  requireCandidate,
  type AuthorRequest,
  type Candidate,
  type CandidateComparison,
  type CandidateId,
  type RunState,
} from '@policybook/engine';
import type { PromptPart } from './prompt-parts';
import { fence, quoteInLine } from './quoted';

/** Texts that are shown at most. */
const TEXTS_SHOWN = 3;
/** What a text may differ in without differing in structure: its first docstring, comments, and numbers. */
const DOCSTRING = /^\s*(?:"""[\s\S]*?"""|'''[\s\S]*?''')/;
const COMMENT = /#.*$/gm;
const NUMBER = /\b\d[\d_]*(?:\.\d*)?(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?/gi;

/**
 * Lists the texts of the policies that are most likely to be better than the best one, each of another structure. `comparisons` are
 * with the best policy; `rank` is that of the first part.
 */
export function listOtherTexts(
  { state, source }: AuthorRequest,
  head: Candidate,
  comparisons: readonly CandidateComparison[],
  rank: number,
): PromptPart[] {
  const known = new Set([describeStructure(state, source, head.id)]);
  const likely = [...comparisons].sort(
    (one, other) => other.probabilityBetter - one.probabilityBetter || other.estimate - one.estimate,
  );
  const differing = likely.filter(({ candidate }) => {
    const structure = describeStructure(state, source, candidate);
    const isNew = !known.has(structure);
    known.add(structure);
    return isNew;
  });
  return differing.slice(0, TEXTS_SHOWN).map(({ candidate }, index) => ({
    place: 'texts',
    name: `the text of @${candidate}`,
    text: `\n\nThe text of @${candidate} "${quoteInLine(requireCandidate(state, candidate).label)}":\n\n${fence(source(candidate))}`,
    rank: rank + index,
  }));
}

/** Describes how a text is built, equal for texts that differ in numbers and words alone; a simplified text counts as what it was made of. */
function describeStructure(state: RunState, source: AuthorRequest['source'], id: CandidateId): string {
  const { kind, parent } = requireCandidate(state, id);
  if (kind === 'simplification' && parent !== null) return describeStructure(state, source, parent);
  return source(id)
    .replace(DOCSTRING, '')
    .replace(COMMENT, '')
    .replace(NUMBER, '0')
    .replace(/\s+/g, ' ')
    .trim();
}
