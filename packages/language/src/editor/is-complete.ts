/** Whether a cell typed in a console is finished. */
import { readHeader } from '../cell/header';
import { parseCell } from '../cell/parse-cell';
import { Source } from '../source';

/** Whether a cell can be run as it stands, in the words of the messaging specification. */
export type Completeness =
  | { readonly status: 'complete' | 'invalid' }
  /** `indent` goes before the next line. */
  | { readonly status: 'incomplete'; readonly indent: string };

/** A declaration ends with a blank line, commands at once; `undefined` for Python. */
export function isComplete(code: string): Completeness | undefined {
  const cell = parseCell(code);
  if (cell === undefined) return undefined;
  if (cell.kind === 'commands') return { status: 'complete' };
  if ('diagnostics' in cell) return { status: 'invalid' };
  if (/\n[^\S\n]*$/.test(code)) return { status: 'complete' };
  const last = code.slice(code.lastIndexOf('\n') + 1);
  const isHeader = readHeader(new Source(code))?.end === code.trimEnd().length;
  const lead = isHeader ? '' : (/^\s*/.exec(last)?.[0] ?? '');
  const step = cell.kind === 'policy' || cell.kind === 'simulator' ? '    ' : '  ';
  return { status: 'incomplete', indent: !isHeader && /:\s*$/.test(last) ? lead + step : lead };
}
