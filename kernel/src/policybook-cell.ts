/**
 * Which cells are policybook's. Loaded at start and kept tiny, so that a notebook of plain Python never loads the rest of
 * the language package.
 */
import { CELLS, COMMANDS, LINES_BEFORE_MAGIC } from '@policybook/language/magics';

/** `%%learn?` asks IPython for help and is Python's. */
const DECLARATION = matchMagic(`${LINES_BEFORE_MAGIC}%%`, CELLS);
const COMMAND = matchMagic('%', COMMANDS);
/** Spares the pattern a cell whose text cannot match it, which is nearly every cell of Python. */
const FIRST_SIGN = /^\s*[%#]/;

/** Whether the cell declares something, or every line is one of policybook's commands or a comment. */
export function isPolicybookCell(code: string): boolean {
  if (!FIRST_SIGN.test(code)) return false;
  if (DECLARATION.test(code)) return true;
  const lines = code.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
  return lines.length > 0 && lines.every((line) => COMMAND.test(line));
}

function matchMagic(sign: string, table: Readonly<Record<string, unknown>>): RegExp {
  return new RegExp(`^${sign}(?:${Object.keys(table).join('|')})(?=\\s|$)`);
}
