/** What is wrong with a cell: diagnostics are values, several at once, in the order of the text. */

/** What kind of mistake a diagnostic reports. */
export type DiagnosticCode =
  /** A key that is not in the schema. */
  | 'unknown_key'
  /** A key under the name that it had in an earlier version. */
  | 'former_key'
  /** A required key or argument that is absent. */
  | 'missing'
  /** A value of the wrong type, size or form. */
  | 'wrong_value'
  /** Two values that cannot stand together. */
  | 'conflict'
  | 'duplicate_key'
  | 'tab'
  | 'bad_yaml'
  /** YAML that is valid and not taken here: anchors, aliases, merge keys, tags, several documents. */
  | 'not_supported'
  /** Part of the design that comes in a later version. */
  | 'not_available'
  /** A `!py` value or a `{}` expansion that is not one expression in one scalar. */
  | 'bad_expression'
  /** The first line of a declaration cell. */
  | 'bad_header'
  | 'bad_reference'
  /** A command's arguments. */
  | 'bad_argument'
  /** What looks like a key itself where the name of its environment variable belongs. */
  | 'literal_key';

/** One diagnostic. Lines and columns count from 1 in the whole cell, columns in UTF-16 code units. */
export interface Diagnostic {
  readonly code: DiagnosticCode;
  /** One sentence for people, with what was found, what is allowed and the nearest valid word. */
  readonly message: string;
  readonly line: number;
  readonly column: number;
  /** On the same line; at least one more than `column`. */
  readonly endColumn: number;
  /** `null` where something is absent. */
  readonly found: string | null;
  /** Valid words, or one phrase saying what is allowed; empty where nothing general can be said. */
  readonly allowed: readonly string[];
  readonly nearest: string | null;
}

/** A checked value, or every diagnostic found, in order. */
export type Checked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/** Wraps a value that passed. */
export function accept<T>(value: T): Checked<T> {
  return { ok: true, value };
}

/** Wraps diagnostics, sorted by position; of several at one place and of one code the first stays. */
export function reject(diagnostics: readonly Diagnostic[]): Checked<never> {
  const sorted = [...diagnostics].sort((a, b) => a.line - b.line || a.column - b.column);
  const kept = sorted.filter((diagnostic, index) => {
    const before = sorted[index - 1];
    return !before || !isSameReport(before, diagnostic);
  });
  return { ok: false, diagnostics: kept };
}

function isSameReport(a: Diagnostic, b: Diagnostic): boolean {
  return a.code === b.code && a.line === b.line && a.column === b.column && a.message === b.message;
}
