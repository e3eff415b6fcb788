/** The texts of candidates that a model asks for, in words for its conversation. */
import type { AuthorRequest, CandidateId } from '@policybook/engine';
import reading from '../prompts/reading.md';
import { fence, quoteInLine } from './quoted';
import { fillTemplate } from './template';
import { countCharacters } from './usage';

/** The part of a prompt's most tokens that the texts of one reading may take. */
const READING_SHARE = 0.5;

/** Writes what answers a reading: as many texts as have room, in the order that was asked for. */
export function answerReading(
  { state, source }: AuthorRequest,
  candidates: readonly CandidateId[],
  { mostTokens, readingsLeft }: { readonly mostTokens: number | null; readonly readingsLeft: number },
): string {
  let room = mostTokens === null ? Infinity : READING_SHARE * countCharacters(mostTokens);
  const texts = candidates.map((id) => {
    const candidate = state.candidates.get(id);
    if (candidate === undefined) return `There is no policy @${id}.`;
    const text = `@${id} "${quoteInLine(candidate.label)}":\n\n${fence(source(id))}`;
    if (text.length > room) return `There is no room for the text of @${id}.`;
    room -= text.length;
    return text;
  });
  const next =
    readingsLeft > 0
      ? 'Answer now with a policy, or read others once more.'
      : 'Answer now with a policy; nothing more can be read.';
  return fillTemplate(reading, { texts: texts.join('\n\n'), next });
}
