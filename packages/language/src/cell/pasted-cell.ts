/** Cells as they come out of a terminal or a document: indented, or with prompts of IPython or Python. It imports nothing. */

const PROMPT = /^[^\S\n]*(?:In \[\d+\]: |>>> )/;
const CONTINUATION = /^[^\S\n]*(?:>>> |\.{3,}:?(?: |$))/;

/** A cell as it was typed once, with the places of the pasted one in it and back; in UTF-16 code units. */
export interface PastedCell {
  /** The cell without prompts and without the indent that all of it has. */
  readonly code: string;
  /** Finds a place of the pasted text in `code`: within a prompt, the place after it. */
  toTyped(offset: number): number;
  /** Finds a place of `code` in the pasted text. */
  toPasted(offset: number): number;
}

/**
 * Reads a cell without the prompts `In [3]: ` and `...: `, or `>>> ` and `... `, and without the indent of its first line;
 * the other lines keep theirs where one of them is not indented as far. No line comes or goes, so that lines of diagnostics
 * stay right.
 */
export function readPastedCell(code: string): PastedCell {
  const pasted = code.split('\n');
  const typed = isPasted(code) ? removePrefixes(pasted) : pasted;
  return {
    code: typed.join('\n'),
    toTyped: (offset) => moveOffset(offset, pasted, typed),
    toPasted: (offset) => moveOffset(offset, typed, pasted),
  };
}

function removePrefixes(lines: readonly string[]): readonly string[] {
  const first = lines.findIndex((line) => line.trim() !== '');
  const hasPrompt = PROMPT.test(lines[first] ?? '');
  const prompted = hasPrompt
    ? lines.map((line, number) => line.replace(number === first ? PROMPT : CONTINUATION, ''))
    : lines;
  const indent = /^[^\S\n]*/.exec(prompted[first] ?? '')?.[0] ?? '';
  const isWhole = prompted.every((line) => line.trim() === '' || line.startsWith(indent));
  return prompted.map((line, number) =>
    (isWhole || number === first) && line.startsWith(indent) ? line.slice(indent.length) : line,
  );
}

/** Moves a place between two forms of a cell, of which each line has another prefix and the same end. */
function moveOffset(offset: number, from: readonly string[], to: readonly string[]): number {
  let [start, target] = [0, 0];
  for (const [number, line] of from.entries()) {
    const other = to[number] ?? '';
    const end = start + line.length;
    if (offset <= end) return target + Math.max(0, other.length - (end - offset));
    start = end + 1;
    target += other.length + 1;
  }
  return target - 1;
}

/** Whether the first line that is not blank is indented or has a prompt, as far as it may be policybook's. */
function isPasted(code: string): boolean {
  const text = code.trimStart();
  if (text.startsWith('In [') || text.startsWith('>>> ')) return true;
  const start = code.length - text.length;
  return start > 0 && code[start - 1] !== '\n' && /^[%#]/.test(text);
}
