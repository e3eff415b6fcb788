/** A command cut into words: quotes, `key=value`, comments, and `{expr}` expansions evaluated in the workbench. */
import type { Diagnostic } from '../diagnostic';
import type { Range, Source, Span } from '../source';
import { getCommandShape, isCommandName, type CommandName } from './command-table';

/** A `{expr}` of a command; its value is put in as text, never cut into words again. */
export interface Expansion {
  readonly expression: string;
  readonly span: Span;
}

/** Literal text, or the place of an expansion in the line's list. */
export type WordPart = string | { readonly expansion: number };

/** A word; `key` where it reads `key=value`. */
export interface CommandWord {
  readonly key: string | null;
  readonly parts: readonly WordPart[];
  readonly range: Range;
}

/** One command, cut into words. */
export interface CommandLine {
  readonly name: CommandName;
  /** The magic with its `%`. */
  readonly range: Range;
  readonly words: readonly CommandWord[];
  readonly expansions: readonly Expansion[];
}

/** The command that a line of a cell starts with, if it is one of policybook's. */
export function readCommandName(line: string): CommandName | undefined {
  const name = /^\s*%([a-z]+)(?=\s|$)/.exec(line)?.[1];
  return name !== undefined && isCommandName(name) ? name : undefined;
}

/** Cuts one line, given by its range in the cell, into words. */
export function readCommandLine(source: Source, line: Range, name: CommandName): CommandLine | Diagnostic {
  const start = source.text.indexOf('%', line.start);
  const range = { start, end: start + 1 + name.length };
  const cutter = new WordReader(source, range.end, line.end);
  const { usage, positionals } = getCommandShape(name);
  const diagnostic = cutter.readWords(
    usage,
    positionals.findIndex(({ kind }) => kind === 'words'),
  );
  return diagnostic ?? { name, range, words: cutter.words, expansions: cutter.expansions };
}

class WordReader {
  readonly words: CommandWord[] = [];
  readonly expansions: Expansion[] = [];

  constructor(
    private readonly source: Source,
    private at: number,
    private end: number,
  ) {}

  /** Reads the words; the one at the place `rest` is all that follows, quotes and `#` included. -1: there is no such one. */
  readWords(usage: string, rest: number): Diagnostic | undefined {
    for (;;) {
      while (this.at < this.end && /\s/.test(this.character)) this.at++;
      if (this.at < this.end && this.words.length === rest) return this.readRest();
      if (this.at >= this.end || this.character === '#') return undefined;
      const diagnostic = this.readWord(usage);
      if (diagnostic) return diagnostic;
    }
  }

  private get character(): string {
    return this.source.text.charAt(this.at);
  }

  private readWord(usage: string): Diagnostic | undefined {
    const start = this.at;
    const key = /^([A-Za-z_]\w*)=/.exec(this.source.text.slice(this.at, this.end))?.[1] ?? null;
    if (key !== null) this.at += key.length + 1;
    const parts: WordPart[] = [];
    let quote = '';
    while (this.at < this.end && (quote !== '' || !/\s/.test(this.character))) {
      const here = this.character;
      if (here === '{' && this.source.text.charAt(this.at + 1) !== '{') {
        const diagnostic = this.readExpansion(parts);
        if (diagnostic) return diagnostic;
        continue;
      }
      // Doubled braces are literal, as in IPython's own line magics.
      if ((here === '{' || here === '}') && this.source.text.charAt(this.at + 1) === here) this.at++;
      if (quote === '' && (here === '"' || here === "'")) quote = here;
      else if (here === quote) quote = '';
      else parts.push(here);
      this.at++;
    }
    const range = { start, end: this.at };
    if (quote !== '')
      return this.source.diagnose(range, {
        code: 'bad_argument',
        message: `${usage}: the quote ${quote} is not closed`,
      });
    this.words.push({ key, parts: joinParts(parts), range });
    return undefined;
  }

  /** Reads what is left of the line as one word, with its expansions. */
  private readRest(): Diagnostic | undefined {
    const start = this.at;
    const parts: WordPart[] = [];
    while (/\s/.test(this.source.text.charAt(this.end - 1))) this.end--;
    while (this.at < this.end) {
      const here = this.character;
      const next = this.source.text.charAt(this.at + 1);
      if (here === '{' && next !== '{') {
        const diagnostic = this.readExpansion(parts);
        if (diagnostic) return diagnostic;
        continue;
      }
      if ((here === '{' || here === '}') && next === here) this.at++;
      parts.push(here);
      this.at++;
    }
    this.words.push({ key: null, parts: joinParts(parts), range: { start, end: this.end } });
    return undefined;
  }

  private readExpansion(parts: WordPart[]): Diagnostic | undefined {
    const start = this.at;
    let depth = 0;
    for (; this.at < this.end; this.at++) {
      if (this.character === '{') depth++;
      if (this.character === '}' && --depth === 0) break;
    }
    const isClosed = this.at < this.end;
    const expression = this.source.text.slice(start + 1, this.at).trim();
    if (isClosed) this.at++;
    const range = { start, end: this.at };
    if (!isClosed || !expression)
      return this.source.diagnose(range, {
        code: 'bad_expression',
        message: isClosed ? 'nothing stands between { and }' : 'the { is not closed; {{ is a literal brace',
        allowed: ['a Python expression in {}'],
      });
    parts.push({ expansion: this.expansions.length });
    this.expansions.push({ expression, span: this.source.toSpan(range) });
    return undefined;
  }
}

function joinParts(parts: readonly WordPart[]): WordPart[] {
  const result: WordPart[] = [];
  for (const part of parts) {
    const last = result.at(-1);
    if (typeof part === 'string' && typeof last === 'string') result[result.length - 1] = last + part;
    else result.push(part);
  }
  return result;
}
