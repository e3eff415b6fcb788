/**
 * Which cells are policybook's. Loaded at start and kept tiny, so that a notebook of plain Python never loads the rest of
 * the language package.
 */
import { CELLS, COMMANDS } from '@policybook/language/magics';

const BLANK_LINES = /^(?:[ \t]*\r?\n)*/;
/** `%%learn?` asks IPython for help and is Python's. */
const CELL_MAGIC = matchMagic('%%', CELLS);
const LINE_MAGIC = matchMagic('%', COMMANDS);

/** Whether the first line declares something, or every line is one of policybook's commands or a comment. */
export function isPolicybookCell(code: string): boolean {
  const cell = code.replace(BLANK_LINES, '');
  if (CELL_MAGIC.test(cell)) return true;
  if (!cell.startsWith('%') && !cell.startsWith('#')) return false;
  const lines = cell.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
  return lines.length > 0 && lines.every((line) => LINE_MAGIC.test(line));
}

function matchMagic(sign: string, table: Readonly<Record<string, unknown>>): RegExp {
  return new RegExp(`^${sign}(?:${Object.keys(table).join('|')})(?=\\s|$)`);
}
