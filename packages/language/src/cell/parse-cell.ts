/** Which kind of cell a text is, and its first line or command lines read. */
import type { Diagnostic } from '../diagnostic';
import { Source } from '../source';
import type { Cell, CommandsCell, InvalidCell } from './cell';
import { readCommandName, readCommandLine, type CommandLine } from './command-line';
import { checkHeader, DEFAULT_COMPARISON, readHeader, chooseRunName, type Header } from './header';

/**
 * The cell, or `undefined` for Python. Bodies are not looked into: `draftDeclaration` reads a YAML body, Python bodies go to
 * evaluator or workbench. A command among Python lines makes the cell Python.
 */
export function parseCell(code: string): Cell | undefined {
  const source = new Source(code);
  const header = readHeader(source);
  return header ? parseDeclaration(source, header) : parseCommands(source);
}

function parseDeclaration(source: Source, header: Header): Cell {
  const code = source.text;
  const { magic } = header;
  const words = checkHeader(source, header);
  if ('code' in words) return createInvalidCell(code, [words]);
  const lineBreak = code.indexOf('\n', header.end);
  const offset = lineBreak === -1 ? code.length : lineBreak + 1;
  const line = source.locate(header.end).line + 1;
  const body = { text: code.slice(offset), offset, line };
  switch (magic) {
    case 'environment':
    case 'simulator':
      return { kind: magic, code, name: words.first, body };
    case 'policy':
      return { kind: magic, code, name: words.first, environment: words.second, body };
    case 'learn':
      return { kind: magic, code, environment: words.first, run: chooseRunName(words), body };
    case 'compare':
      return { kind: magic, code, comparison: words.second ?? DEFAULT_COMPARISON, body };
  }
}

function parseCommands(source: Source): CommandsCell | InvalidCell | undefined {
  const code = source.text;
  const lines: CommandLine[] = [];
  const diagnostics: Diagnostic[] = [];
  let start = 0;
  for (const text of code.split('\n')) {
    const range = { start, end: start + text.length };
    start = range.end + 1;
    if (/^\s*(#|$)/.test(text)) continue;
    const name = readCommandName(text);
    if (name === undefined) return undefined;
    const line = readCommandLine(source, range, name);
    if ('code' in line) diagnostics.push(line);
    else lines.push(line);
  }
  if (diagnostics.length > 0) return createInvalidCell(code, diagnostics);
  return lines.length > 0 ? { kind: 'commands', code, lines } : undefined;
}

function createInvalidCell(code: string, diagnostics: readonly Diagnostic[]): InvalidCell {
  return { kind: 'invalid', code, diagnostics };
}
