/** How foreign text enters a prompt: stripped, capped and marked as data, so that it cannot pass for instructions. */

/** C0 and C1 controls but tab and line feed, and the characters that reorder or hide text. */
// eslint-disable-next-line no-control-regex -- control characters are what this is about
const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;

/**
 * Where an object of Python lies in memory, as its repr says: it differs each time, and equal runs send equal prompts. What goes on
 * like a word is none: without it the letters on both sides would be joined.
 */
const ADDRESS = / at 0x[0-9a-f]+(?![\w\-+/=~]|\.\w)/gi;

/** Puts text (a policy's failure, a space's repr, a finding) between the marks that the system prompt explains. */
export function quote(text: string, most = 2000): string {
  const plain = capLength(text.replace(/\r\n?/g, '\n').replace(HIDDEN, '').replace(ADDRESS, ''), most);
  // Every line is set off, so that no line of the data can be the closing mark.
  const lines = plain.split('\n').map((line) => `| ${line}`);
  return ['<<<', ...lines, '>>>'].join('\n');
}

/** Makes one line without control characters, for labels and sentences inside a list. */
export function quoteInLine(text: string, most = 200): string {
  return capLength(text.replace(HIDDEN, '').replace(ADDRESS, '').replace(/\s+/g, ' ').trim(), most);
}

/** A policy's text as a fenced block, without hidden characters. */
export function fence(source: string): string {
  return fenceWhole(source.replace(HIDDEN, ''));
}

/** A policy's text as it stands in a fenced block, the fence longer than any in it. */
export function fenceWhole(source: string): string {
  let longest = 2;
  for (const [run] of source.matchAll(/`+/g)) longest = Math.max(longest, run.length);
  const ticks = '`'.repeat(longest + 1);
  return `${ticks}python\n${source.trimEnd()}\n${ticks}`;
}

function capLength(text: string, most: number): string {
  const capped =
    text.length > most ? `${text.slice(0, most)}… (${text.length - most} more characters)` : text;
  // The cut may fall between the halves of a character.
  return capped.toWellFormed();
}
