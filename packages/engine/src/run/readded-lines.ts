/** Lines of a text that an earlier head had and a later one dropped. */
import type { CandidateId } from '../events';
import type { EventOf } from '../state';

/** The text of a candidate that was head. */
export interface HeadText {
  readonly candidate: CandidateId;
  readonly source: string;
}

/** Characters of the shortest line that counts: shorter ones come and go in any program. */
const MIN_LINE_LENGTH = 12;
/** Lines that any program may have. */
const COMMON_LINE = /^(def|class|import|from)\b|^["'#]/;

/** Finds the lines of `source` that were dropped before; `null` for none. `heads` are in their order. */
export function findReaddedLines(
  source: string,
  heads: readonly HeadText[],
): NonNullable<EventOf<'candidate_proposed'>['readded']> | null {
  const dropped = new Map<string, CandidateId>();
  let before: ReadonlySet<string> = new Set();
  for (const { candidate, source: text } of heads) {
    const now = new Set(readTellingLines(text).keys());
    for (const line of before) if (!now.has(line)) dropped.set(line, candidate);
    for (const line of now) dropped.delete(line);
    before = now;
  }
  const back = [...readTellingLines(source)].flatMap(([line, written]) => {
    const droppedBy = dropped.get(line);
    return droppedBy === undefined ? [] : [{ droppedBy, written }];
  });
  const [first] = back;
  return first === undefined
    ? null
    : { count: back.length, droppedBy: first.droppedBy, first: first.written.slice(0, 80) };
}

/** Reads the lines that tell something, numbers aside: a line with a tuned constant is the same line. */
function readTellingLines(source: string): Map<string, string> {
  const lines = new Map<string, string>();
  for (const raw of source.split('\n')) {
    const written = raw.replace(/#.*$/, '').trim();
    const line = written.replace(/\b\d(?:[\w.]|(?<=[eE])[+-])*/g, '0');
    if (line.length >= MIN_LINE_LENGTH && !COMMON_LINE.test(line)) lines.set(line, written);
  }
  return lines;
}
