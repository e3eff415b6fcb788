/** How a request differs from the recorded one, in a few lines for people. */
import type { Json } from '@policybook/protocol';
import { readFields } from './model-response';
import { quoteInLine } from './quoted';

/** The most lines of one text that are shown of each side, and of the whole difference. */
const LINES_OF_TEXT = 3;
const MAX_LINES = 12;
/** The most characters of one line, and of those that stand before the first that differs. */
const MAX_CHARACTERS = 160;
const MAX_SAME_CHARACTERS = MAX_CHARACTERS / 2;

/** Lists the first lines that differ: recorded ones begin with `- `, present ones with `+ `. */
export function listChangedLines(recorded: Json, now: Json): string[] {
  const [before, after] = [readFields(recorded), readFields(now)];
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const lines = keys.flatMap((key) => {
    const [old, present] = [listLines(key, before[key]), listLines(key, after[key])];
    return listFirstChange(old, present);
  });
  return lines.slice(0, MAX_LINES);
}

/** A text by its lines; anything else as JSON after its key. */
function listLines(key: string, value: unknown): readonly string[] {
  if (value === undefined) return [];
  if (typeof value === 'string' && value.includes('\n')) return value.split('\n');
  if (!Array.isArray(value)) return [`${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`];
  return value.flatMap((each: unknown) =>
    typeof each === 'object'
      ? Object.entries(readFields(each)).flatMap(([name, text]) => listLines(`${key} ${name}`, text))
      : listLines(key, each),
  );
}

function listFirstChange(old: readonly string[], present: readonly string[]): string[] {
  const shorter = Math.min(old.length, present.length);
  let first = 0;
  while (first < shorter && old[first] === present[first]) first++;
  let alike = 0;
  while (alike < shorter - first && old.at(-1 - alike) === present.at(-1 - alike)) alike++;
  const removed = old.slice(first, old.length - alike);
  const added = present.slice(first, present.length - alike);
  // As far as lines stand opposite each other: what follows the first line that is the same again is another change.
  const same = removed.findIndex((line, index) => line === added[index]);
  const most = same === -1 ? LINES_OF_TEXT : Math.min(same, LINES_OF_TEXT);
  const show = (sign: string, lines: readonly string[], others: readonly string[]) =>
    lines
      .slice(0, most)
      .flatMap((line, index) =>
        line.trim() === '' ? [] : [`${sign} ${showLine(line, others[index] ?? '')}`],
      );
  return [...show('-', removed, added), ...show('+', added, removed)];
}

/** Shows a line that stands opposite another from shortly before the first character in which they differ. */
function showLine(line: string, other: string): string {
  const [own, opposite] = [cutSame(line, other), cutSame(other, line)];
  const shown = quoteInLine(own, MAX_CHARACTERS);
  // What differs in characters alone that do not show is written by their numbers.
  return shown === quoteInLine(opposite, MAX_CHARACTERS) ? escapeHidden(own.slice(0, MAX_CHARACTERS)) : shown;
}

function cutSame(line: string, other: string): string {
  let same = 0;
  while (same < line.length && line[same] === other[same]) same++;
  return same > MAX_SAME_CHARACTERS ? `…${line.slice(same - MAX_SAME_CHARACTERS)}` : line;
}

function escapeHidden(text: string): string {
  return JSON.stringify(text).replace(
    /[^ -~]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
