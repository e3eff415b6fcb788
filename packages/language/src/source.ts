/** A cell's text with its line starts: offsets to lines and columns, and diagnostics made at a span. */
import type { Diagnostic, DiagnosticCode } from './diagnostic';

/** Half-open, in UTF-16 code units of the cell. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** A line and a column of a cell. */
export interface Position {
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 code units. */
  readonly column: number;
}

/** A range in lines and columns; `endColumn` belongs to `endLine`. */
export interface Span extends Position {
  readonly endLine: number;
  readonly endColumn: number;
}

/** What a diagnostic says in addition to its place. */
export interface DiagnosticFacts {
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly found?: string | null;
  readonly allowed?: readonly string[];
  readonly nearest?: string | null;
}

/** A cell's text, with its lines found once. */
export class Source {
  private readonly starts: readonly number[];

  constructor(readonly text: string) {
    const starts = [0];
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
    this.starts = starts;
  }

  /** Line and column of an offset; offsets past the end give the end. */
  locate(offset: number): Position {
    const at = Math.max(0, Math.min(offset, this.text.length));
    let low = 0;
    let high = this.starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.starts[middle] ?? 0) <= at) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: at - (this.starts[low] ?? 0) + 1 };
  }

  /** Text of a line, from 1, without its line break. */
  readLine(line: number): string {
    const start = this.starts[line - 1];
    if (start === undefined) return '';
    const end = this.starts[line];
    return this.text.slice(start, end === undefined ? undefined : end - 1).replace(/\r$/, '');
  }

  toSpan(range: Range): Span {
    const start = this.locate(range.start);
    const end = this.locate(range.end);
    return { ...start, endLine: end.line, endColumn: end.column };
  }

  /** A diagnostic at a range; a range over several lines is marked to the end of its first. */
  diagnose(range: Range, facts: DiagnosticFacts): Diagnostic {
    const { line, column, endLine, endColumn } = this.toSpan(range);
    const lineEnd = endLine === line ? endColumn : this.readLine(line).length + 1;
    return {
      code: facts.code,
      message: facts.message,
      line,
      column,
      endColumn: Math.max(lineEnd, column + 1),
      found: facts.found ?? null,
      allowed: facts.allowed ?? [],
      nearest: facts.nearest ?? null,
    };
  }
}
