/** Errors of our cells, as people read them under the cell: what happened, where, what is allowed. */
import { declarationErrorName, formatProblems, type Problem } from '@policybook/language';
import type { CellOutcome } from '../../cell-service';

const red = (text: string): string => `\u001b[31m${text}\u001b[39m`;

export interface CellFailure {
  /** Like a Python exception's class: DeclarationError, EnvironmentError, … */
  readonly name: string;
  readonly message: string;
  /** Further lines: the place in the cell, what to do next. */
  readonly detail?: readonly string[];
}

/** A value, or the error that the cell ends with. */
export type CellResult<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: CellFailure };

export const succeed = <T>(value: T): CellResult<T> => ({ ok: true, value });

export const refuse = (name: string, message: string, detail: readonly string[] = []): CellResult<never> => ({
  ok: false,
  error: { name, message, detail },
});

/** The cell's `error` output. */
export function formatCellFailure({ name, message, detail = [] }: CellFailure): CellOutcome {
  return {
    status: 'error',
    ename: name,
    evalue: message,
    traceback: [`${red(name)}: ${message}`, ...detail],
  };
}

/** All problems of a declaration: the first as the message, each with its line of the cell below. */
export const refuseDeclaration = (code: string, problems: readonly Problem[]): CellResult<never> =>
  refuseDiagnostics(declarationErrorName, code, problems);

/** The same under another name, for mistakes that only the world could tell. */
export function refuseDiagnostics(name: string, code: string, problems: readonly Problem[]): CellResult<never> {
  const [first] = problems;
  const rest = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  const message = first ? `line ${first.line}, column ${first.column}: ${first.message}${rest}` : 'not valid';
  // The first problem's own sentence is the error's message.
  const [, ...below] = formatProblems(code, problems).split('\n');
  return refuse(name, message, below);
}

/** A line of a cell's code, as an error shows it. */
export function quoteCodeLine(code: string, line: number, column: number | null = null): readonly string[] {
  const text = code.split('\n')[line - 1];
  if (text === undefined || text.trim() === '') return [];
  return [`    ${text}`, ...(column === null ? [] : [`    ${' '.repeat(column - 1)}^`])];
}
