/** Cells as they come out of a terminal or a document: indented, or with IPython's prompts. It imports nothing. */

const PROMPT = /^[^\S\n]*In \[\d+\]: /;
const CONTINUATION = /^[^\S\n]*\.{3,}:(?: |$)/;

/**
 * A cell without the prompts `In [3]: ` and `...: `, and without the indent of its first line; the other lines keep theirs
 * where one of them is not indented as far. No line comes or goes, so that lines of diagnostics stay right.
 */
export function readPastedCell(code: string): string {
  if (!isPasted(code)) return code;
  const lines = code.split('\n');
  const first = lines.findIndex((line) => line.trim() !== '');
  const hasPrompt = PROMPT.test(lines[first] ?? '');
  const typed = hasPrompt
    ? lines.map((line, number) => line.replace(number === first ? PROMPT : CONTINUATION, ''))
    : lines;
  const indent = /^[^\S\n]*/.exec(typed[first] ?? '')?.[0] ?? '';
  const isWhole = typed.every((line) => line.trim() === '' || line.startsWith(indent));
  return typed
    .map((line, number) =>
      (isWhole || number === first) && line.startsWith(indent) ? line.slice(indent.length) : line,
    )
    .join('\n');
}

/** Whether the first line that is not blank is indented or has a prompt, as far as it may be policybook's. */
function isPasted(code: string): boolean {
  const text = code.trimStart();
  if (text.startsWith('In [')) return true;
  const start = code.length - text.length;
  return start > 0 && code[start - 1] !== '\n' && /^[%#]/.test(text);
}
