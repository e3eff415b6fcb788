/** Commands: the lines of a cell with their expansions filled in and every argument checked. */
import { parseReference, isRunName, type Reference } from '../reference';
import { duration } from '../schema/quantities';
import { findNearest, formatSuggestion } from '../nearest';
import { accept, reject, type Checked, type Diagnostic } from '../diagnostic';
import { Source, type Range } from '../source';
import { foldName, type Json } from '@policybook/protocol';
import type { CommandsCell } from './cell';
import type { CommandLine, CommandWord, Expansion } from './command-line';
import { getCommandShape, type ArgumentKind, type CommandName, type CommandShape } from './command-table';

/** One argument, read; `seconds` for durations. */
export type Argument =
  | { readonly kind: 'reference'; readonly reference: Reference; readonly text: string }
  | { readonly kind: 'run'; readonly text: string }
  | { readonly kind: 'path'; readonly text: string }
  | { readonly kind: 'words'; readonly text: string }
  | { readonly kind: 'seed'; readonly number: number }
  | { readonly kind: 'count'; readonly number: number }
  | { readonly kind: 'level'; readonly number: number }
  | { readonly kind: 'duration'; readonly seconds: number };

/** A checked command. */
export interface Command {
  readonly name: CommandName;
  /** The cell's line, from 1. */
  readonly line: number;
  /** The line with its expansions filled in: what is recorded. */
  readonly text: string;
  /** By the names of `commands[name].positionals` and `.keys`; absent when not given. */
  readonly arguments: Readonly<Record<string, Argument>>;
}

/** A cell's expansions, in the order of the text. */
export function listExpansions(cell: CommandsCell): readonly Expansion[] {
  return cell.lines.flatMap((line) => line.expansions);
}

/** Puts values into the expansions, in order, and checks every line. */
export function readCommands(cell: CommandsCell, values: readonly Json[]): Checked<readonly Command[]> {
  const wanted = listExpansions(cell).length;
  if (values.length !== wanted) throw new RangeError(`${wanted} expansions, but ${values.length} values`);
  const source = new Source(cell.code);
  const read: Command[] = [];
  const diagnostics: Diagnostic[] = [];
  let used = 0;
  for (const line of cell.lines) {
    const reader = new LineReader(source, line, values.slice(used, used + line.expansions.length));
    used += line.expansions.length;
    read.push(reader.read());
    diagnostics.push(...reader.diagnostics);
  }
  return diagnostics.length > 0 ? reject(diagnostics) : accept(read);
}

class LineReader {
  readonly diagnostics: Diagnostic[] = [];
  private readonly shape: CommandShape;
  private readonly found = new Map<string, Argument>();
  /** Whether what follows is likely the rest of a path with blanks in it. */
  private hasCutPath = false;

  constructor(
    private readonly source: Source,
    private readonly line: CommandLine,
    private readonly values: readonly Json[],
  ) {
    this.shape = getCommandShape(line.name);
  }

  read(): Command {
    const { name, range, words } = this.line;
    const positionals = this.shape.positionals.values();
    const texts = words.map((word) => {
      const text = this.expandWord(word);
      if (word.key === null) this.take(word, text, positionals.next().value);
      else this.takeKey(word, word.key, text);
      const written = /\s/.test(text) ? `"${text}"` : text;
      return word.key === null ? written : `${word.key}=${written}`;
    });
    const absent = this.shape.positionals.find((each) => each.isRequired && !this.found.has(each.name));
    if (absent && this.diagnostics.length === 0)
      this.diagnostics.push(
        this.source.diagnose(range, {
          code: 'missing',
          message: `${this.shape.usage}: ${absent.name.toUpperCase()} is missing`,
          allowed: [this.shape.usage],
        }),
      );
    return {
      name,
      line: this.source.locate(range.start).line,
      text: [`%${name}`, ...texts].join(' '),
      arguments: Object.fromEntries(this.found),
    };
  }

  private expandWord(word: CommandWord): string {
    return word.parts
      .map((part) => {
        if (typeof part === 'string') return part;
        const value = this.values[part.expansion];
        if (typeof value === 'string' || typeof value === 'number') return String(value);
        this.report(word.range, 'an expansion gives text or a number', JSON.stringify(value ?? null));
        return '';
      })
      .join('');
  }

  private take(
    word: CommandWord,
    text: string,
    positional: { name: string; kind: ArgumentKind } | undefined,
  ): void {
    if (!positional) {
      if (!this.hasCutPath) this.report(word.range, `did not expect '${text}'`, text);
      return;
    }
    const argument = readArgument(positional.kind, text);
    this.hasCutPath =
      typeof argument === 'string' && positional.kind === 'path' && word !== this.line.words.at(-1);
    const hint = '; a path with blanks goes into quotes';
    this.keep(
      word,
      positional.name,
      this.hasCutPath && typeof argument === 'string' ? argument + hint : argument,
      text,
    );
  }

  private takeKey(word: CommandWord, key: string, text: string): void {
    const kind = Object.hasOwn(this.shape.keys, key) ? this.shape.keys[key] : undefined;
    if (this.found.has(key)) this.report(word.range, `${key}= is given twice`, key);
    else if (kind) this.keep(word, key, readArgument(kind, text), text);
    else {
      const close = findNearest(key, Object.keys(this.shape.keys));
      this.report(word.range, `unknown argument ${key}=${formatSuggestion(close)}`, key, close);
    }
  }

  private keep(word: CommandWord, name: string, argument: Argument | string, text: string): void {
    if (typeof argument === 'string') this.report(word.range, `${name}: ${argument}`, text);
    else this.found.set(name, argument);
  }

  private report(range: Range, message: string, found: string, close: string | null = null): void {
    this.diagnostics.push(
      this.source.diagnose(range, {
        code: 'bad_argument',
        message: `${this.shape.usage}: ${message}`,
        found,
        allowed: [this.shape.usage],
        nearest: close,
      }),
    );
  }
}

/** The argument, or what is wrong with it. */
function readArgument(kind: ArgumentKind, text: string): Argument | string {
  switch (kind) {
    case 'reference': {
      const reference = parseReference(text);
      return reference.ok ? { kind, reference: reference.value, text } : reference.message;
    }
    case 'run':
      return isRunName(text)
        ? { kind, text: foldName(text) }
        : `expected a run's name such as first, first~1 or first/2, found '${text}'`;
    case 'path':
      return text.endsWith('.py') ? { kind, text } : `expected a path ending in .py, found '${text}'`;
    case 'words':
      return { kind, text };
    case 'seed':
      return /^\d{1,10}$/.test(text)
        ? { kind, number: Number(text) }
        : `expected a whole number from 0, found '${text}'`;
    case 'count':
      return /^[1-9]\d{0,8}$/.test(text)
        ? { kind, number: Number(text) }
        : `expected a positive whole number, found '${text}'`;
    case 'level':
      return /^[0-4]$/.test(text)
        ? { kind, number: Number(text) }
        : `expected a level of the sandbox from 0 to 4, found '${text}'`;
    case 'duration': {
      const parsed = duration.safeParse(/^[\d.]+$/.test(text) ? Number(text) : text);
      return parsed.success
        ? { kind, seconds: parsed.data }
        : `expected a duration such as 90s or 5m, found '${text}'`;
    }
  }
}
