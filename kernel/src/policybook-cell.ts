/**
 * Which cells are policybook's own. Loaded at start and kept tiny, so that a notebook of plain Python never
 * loads the language package.
 */

const BLANK_LINES = /^(?:[ \t]*\r?\n)*/;
/** `%%learn?` asks IPython for help and is Python's. */
const CELL_MAGIC = /^%%(?:environment|simulator|learn|policy|compare)(?=\s|$)/;
const LINE_MAGIC = /^%(?:runs|diff|replay|audit|export|stop|attach|doctor|consent|wait)(?=\s|$)/;

/** True where the first line declares something, or where every line is one of our line magics or a comment. */
export function isPolicybookCell(code: string): boolean {
  const cell = code.replace(BLANK_LINES, '');
  if (CELL_MAGIC.test(cell)) return true;
  if (!cell.startsWith('%') && !cell.startsWith('#')) return false;
  const lines = cell.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
  return lines.length > 0 && lines.every((line) => LINE_MAGIC.test(line));
}
