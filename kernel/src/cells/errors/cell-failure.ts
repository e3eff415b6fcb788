/** The errors of policybook cells, as people read them under a cell: what happened, where, and what is allowed. */
import { DECLARATION_ERROR_NAME, formatDiagnostics, type Diagnostic } from '@policybook/language';
import type { Failure, Result } from '@policybook/protocol';
import type { CellOutcome } from '../../cell-service';

/** A failure that ends a cell: the shared failure with the name and the lines under which people read it. */
export interface CellFailure extends Failure {
  /** Like the class of a Python exception: DeclarationError, EnvironmentError, KeyboardInterrupt, … */
  readonly name: string;
  /** Further lines below the message: the place in the cell, what to do next. */
  readonly lines: readonly string[];
}

/** A value, or the failure that the cell ends with. */
export type CellResult<T> = Result<T, CellFailure>;

/** Wraps a value that was found or made. */
export const succeed = <T>(value: T): CellResult<T> => ({ ok: true, value });

/** Ends a cell with an error. `cause` keeps the code and the detail of a failure that came from elsewhere. */
export function refuse(
  name: string,
  message: string,
  lines: readonly string[] = [],
  cause: Pick<Failure, 'code' | 'detail'> = { code: deriveCode(name), detail: null },
): CellFailure {
  const { code, detail } = cause;
  return { ok: false, code, message, detail, name, lines };
}

/** Derives the code of a failure from its name; programs know an interrupted cell by the code of interrupted requests. */
const deriveCode = (name: string): string => (name === 'KeyboardInterrupt' ? 'cancelled' : name);

/** Formats the failure as the cell's `error` output, its name in red as IPython shows it. */
export function formatCellFailure({ name, message, lines }: CellFailure): CellOutcome {
  return {
    status: 'error',
    ename: name,
    evalue: message,
    traceback: [`\u001b[31m${name}\u001b[39m: ${message}`, ...lines],
  };
}

/** Refuses a declaration: the first diagnostic is the message, and each stands below with its line of the cell. */
export const refuseDeclaration = (code: string, diagnostics: readonly Diagnostic[]): CellFailure =>
  refuseDiagnostics(DECLARATION_ERROR_NAME, code, diagnostics);

/** Refuses a cell in the same form under another name, for mistakes that only the environment or the evaluator could show. */
export function refuseDiagnostics(
  name: string,
  code: string,
  diagnostics: readonly Diagnostic[],
): CellFailure {
  const [first] = diagnostics;
  const rest = diagnostics.length > 1 ? ` (and ${diagnostics.length - 1} more)` : '';
  const message = first ? `line ${first.line}, column ${first.column}: ${first.message}${rest}` : 'not valid';
  // The first diagnostic's own sentence is the error's message.
  const [, ...below] = formatDiagnostics(code, diagnostics).split('\n');
  return refuse(name, message, below);
}

/** Ends a sentence with a full stop where it has none, so that another can follow. */
export function endSentence(text: string): string {
  return text.endsWith('.') ? text : `${text}.`;
}

/** Takes the full stop off a sentence that has one, so that it can go on. */
export function removeFullStop(text: string): string {
  return text.replace(/\.$/, '');
}

/** Quotes a line of a cell's code, counted from 1, as an error shows it: with a mark under the column if one is known. */
export function quoteCodeLine(code: string, line: number, column: number | null = null): readonly string[] {
  const text = code.split('\n')[line - 1];
  if (text === undefined || text.trim() === '') return [];
  return [`    ${text}`, ...(column === null ? [] : [`    ${' '.repeat(column - 1)}^`])];
}
