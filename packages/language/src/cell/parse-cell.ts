/** Which kind of cell a text is, and its first line or command lines read. */
import type { Problem } from '../problem';
import { Source } from '../source';
import type { Cell, CommandsCell, InvalidCell } from './cell';
import { commandName, readCommandLine, type CommandLine } from './command-line';
import { checkHeader, defaultComparison, readHeader, runName, type Header } from './header';

/**
 * The cell, or `undefined` for Python. Bodies are not looked into: `draft` reads a YAML body, Python bodies go to
 * evaluator or workbench. A line magic of ours among Python lines makes the cell Python.
 */
export function parseCell(code: string): Cell | undefined {
  const source = new Source(code);
  const header = readHeader(source);
  return header ? declarationCell(source, header) : commandsCell(source);
}

function declarationCell(source: Source, header: Header): Cell {
  const code = source.text;
  const { magic } = header;
  if (magic === 'figure') {
    const message = `%%${magic} is not available yet; it comes in a later version`;
    const found = `%%${magic}`;
    return {
      kind: magic,
      code,
      problems: [source.problem(header.range, { code: 'not_available', message, found })],
    };
  }
  const words = checkHeader(source, header);
  if ('code' in words) return invalid(code, [words]);
  const lineBreak = code.indexOf('\n', header.end);
  const offset = lineBreak === -1 ? code.length : lineBreak + 1;
  const line = source.position(header.end).line + 1;
  const body = { text: code.slice(offset), offset, line };
  switch (magic) {
    case 'environment':
    case 'simulator':
      return { kind: magic, code, name: words.first, body };
    case 'policy':
      return { kind: magic, code, name: words.first, environment: words.second, body };
    case 'learn':
      return { kind: magic, code, environment: words.first, run: runName(words), body };
    case 'compare':
      return { kind: magic, code, comparison: words.second ?? defaultComparison, body };
  }
}

function commandsCell(source: Source): CommandsCell | InvalidCell | undefined {
  const code = source.text;
  const lines: CommandLine[] = [];
  const problems: Problem[] = [];
  let start = 0;
  for (const text of code.split('\n')) {
    const range = { start, end: start + text.length };
    start = range.end + 1;
    if (/^\s*(#|$)/.test(text)) continue;
    const name = commandName(text);
    if (name === undefined) return undefined;
    const line = readCommandLine(source, range, name);
    if ('code' in line) problems.push(line);
    else lines.push(line);
  }
  if (problems.length > 0) return invalid(code, problems);
  return lines.length > 0 ? { kind: 'commands', code, lines } : undefined;
}

function invalid(code: string, problems: readonly Problem[]): InvalidCell {
  return { kind: 'invalid', code, problems };
}
