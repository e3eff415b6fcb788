/** The lines of a text that are most like others that it does not have. */
import { quote } from './quoted';

/** Lines that are shown on each side of the closest ones. */
const LINES_AROUND = 2;
/** Lines that differ and are named, at most. */
const DIFFERENT_SHOWN = 3;

/** Shows the lines of a text that are closest to `wanted`, with their numbers, and which of `wanted` differ there. */
export function formatCloseLines(lines: readonly string[], wanted: readonly string[]): string {
  const start = findClosest(lines, wanted);
  const end = Math.min(lines.length, start + wanted.length);
  const different = wanted.flatMap((line, offset) => (lines[start + offset] === line ? [] : [offset + 1]));
  const shown = different.slice(0, DIFFERENT_SHOWN).join(', ');
  const more = different.length > DIFFERENT_SHOWN ? ', …' : '';
  const which = `${different.length === 1 ? 'line' : 'lines'} ${shown}${more} of what it searches for`;
  const first = Math.max(0, start - LINES_AROUND);
  const last = Math.min(lines.length, end + LINES_AROUND);
  return `The closest lines of the text, which differ in ${which}:\n\n${quote(numberLines(lines, { first, last, start, end }), 4000)}`;
}

/** Which lines are shown, and which of them are marked; indices from 0, the ends exclusive. */
interface Shown {
  readonly first: number;
  readonly last: number;
  readonly start: number;
  readonly end: number;
}

function numberLines(lines: readonly string[], { first, last, start, end }: Shown): string {
  const width = String(last).length;
  return lines
    .slice(first, last)
    .map((text, offset) => {
      const index = first + offset;
      const mark = index >= start && index < end ? '>' : ' ';
      return `${mark} ${String(index + 1).padStart(width)} | ${text}`;
    })
    .join('\n');
}

/** Finds where in `lines` the lines from there are most like `wanted`; of equal places the first. */
function findClosest(lines: readonly string[], wanted: readonly string[]): number {
  const known = wanted.map(countPairs);
  const present = lines.map(countPairs);
  let best = { start: 0, likeness: -1 };
  for (let start = 0; start < lines.length; start++) {
    const likeness = known.reduce((sum, pairs, offset) => {
      const other = present[start + offset];
      return other === undefined ? sum : sum + compareLines(pairs, other);
    }, 0);
    if (likeness > best.likeness) best = { start, likeness };
  }
  return best.start;
}

/** The pairs of neighbouring characters of a line without its indentation, each as often as it occurs. */
type CharacterPairs = ReadonlyMap<string, number>;

function countPairs(line: string): CharacterPairs {
  const text = line.trim();
  const pairs = new Map<string, number>();
  for (let place = 0; place + 1 < text.length; place++) {
    const pair = text.slice(place, place + 2);
    pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
  }
  return pairs;
}

/** How alike two lines are, from 0 to 1: the Sørensen–Dice coefficient of their pairs of characters. Two empty lines say nothing. */
function compareLines(one: CharacterPairs, other: CharacterPairs): number {
  const total = countAll(one) + countAll(other);
  if (total === 0) return 0;
  const common = [...one].reduce((sum, [pair, times]) => sum + Math.min(times, other.get(pair) ?? 0), 0);
  return (2 * common) / total;
}

function countAll(pairs: CharacterPairs): number {
  return [...pairs.values()].reduce((sum, times) => sum + times, 0);
}
