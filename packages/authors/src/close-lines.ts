/** The lines of a text that are most like others that it does not have. */
import { quote } from './quoted';

/** Lines that are shown on each side of the closest ones. */
const LINES_AROUND = 2;
/** Lines that differ and are named, at most. */
const DIFFERENT_SHOWN = 3;
/** Pairs of lines that are compared at most, and the characters of a line that count: long texts are looked through less closely. */
const MOST_COMPARED = 50_000;
const LENGTH_COMPARED = 120;

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

/**
 * Finds where in `lines` the lines from there are most like `wanted`; of equal places the first. Of many lines the first that are
 * searched for count alone.
 */
function findClosest(lines: readonly string[], wanted: readonly string[]): number {
  const present = lines.slice(0, MOST_COMPARED).map(countPairs);
  const telling = Math.max(1, Math.floor(MOST_COMPARED / present.length));
  const known = wanted.slice(0, telling).map(countPairs);
  let best = { start: 0, likeness: -1 };
  for (let start = 0; start < present.length; start++) {
    const likeness = known.reduce((sum, pairs, offset) => {
      const other = present[start + offset];
      return other === undefined ? sum : sum + compareLines(pairs, other);
    }, 0);
    if (likeness > best.likeness) best = { start, likeness };
  }
  return best.start;
}

/** The pairs of neighbouring characters of a line without its indentation, each as often as it occurs, and how many they are. */
interface CharacterPairs {
  readonly times: ReadonlyMap<string, number>;
  readonly total: number;
}

function countPairs(line: string): CharacterPairs {
  const text = line.trim().slice(0, LENGTH_COMPARED);
  const times = new Map<string, number>();
  for (let place = 0; place + 1 < text.length; place++) {
    const pair = text.slice(place, place + 2);
    times.set(pair, (times.get(pair) ?? 0) + 1);
  }
  return { times, total: Math.max(0, text.length - 1) };
}

/** How alike two lines are, from 0 to 1: the Sørensen–Dice coefficient of their pairs of characters. Two empty lines say nothing. */
function compareLines(one: CharacterPairs, other: CharacterPairs): number {
  const total = one.total + other.total;
  if (total === 0) return 0;
  let common = 0;
  for (const [pair, times] of one.times) common += Math.min(times, other.times.get(pair) ?? 0);
  return (2 * common) / total;
}
