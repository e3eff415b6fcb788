/** How foreign text enters a prompt: stripped, capped and marked as data, so that it cannot pass for instructions. */

/** C0 and C1 controls but tab and line feed, and the characters that reorder or hide text. */
// eslint-disable-next-line no-control-regex -- control characters are what this is about
const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;

/** Where an object of Python lies in memory, as its repr says: it differs each time, and equal runs send equal prompts. */
const ADDRESS = / at 0x[0-9a-f]+/gi;

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

/** A policy's text as a fenced block, the fence longer than any in it. */
export function fence(source: string): string {
  const longest = Math.max(2, ...Array.from(source.matchAll(/`+/g), ([run]) => run.length));
  const ticks = '`'.repeat(longest + 1);
  return `${ticks}python\n${source.replace(HIDDEN, '').trimEnd()}\n${ticks}`;
}

function capLength(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most)}… (${text.length - most} more characters)` : text;
}
