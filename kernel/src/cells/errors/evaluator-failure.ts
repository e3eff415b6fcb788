/** The evaluator's failures in the words of a cell's error. */
import { formatStep, readFailurePlace, type Failure, type PolicyFailure } from '@policybook/protocol';
import type { PolicyCell } from '@policybook/language';
import { quoteCodeLine, refuse, type CellFailure } from './cell-failure';

/**
 * Ends a cell because of what the user declared, or because the evaluator cannot serve it. `code` is the text of a
 * simulator's cell, of which the line that failed is quoted.
 */
export function refuseEvaluatorFailure(failure: Failure, code?: string): CellFailure {
  const { line } = readFailurePlace(failure);
  const below = line === null || code === undefined ? [] : quoteCodeLine(code, line);
  // What was being asked of the evaluator when the user interrupted the cell says nothing to the user.
  const message = failure.code === 'cancelled' ? 'the cell was stopped' : failure.message;
  return refuse(ERROR_NAMES[failure.code] ?? 'EvaluatorError', message, below, failure);
}

/** Ends a `%%policy` cell because its policy failed, with the place in the cell. */
export function refusePolicyFailure(failure: PolicyFailure, { code, body }: PolicyCell): CellFailure {
  const above = body.line - 1;
  const line = failure.line === null ? null : failure.line + above;
  const below = line === null ? [] : quoteCodeLine(code, line, failure.column);
  const message = failure.code === 'syntax_error' ? moveNamedLines(failure.message, above) : failure.message;
  return refuse(
    'PolicyError',
    formatPolicyFailure({ ...failure, line, message }),
    [...below, `code: ${failure.code}`],
    { code: 'PolicyError', detail: { ...failure } },
  );
}

/** Counts the lines that the compiler names by lines of the cell: "… after function definition on line 1". */
function moveNamedLines(message: string, by: number): string {
  return message.replaceAll(/\bon line (\d+)\b/g, (_, line: string) => `on line ${Number(line) + by}`);
}

/** Says what failed and where; lines count as the failure counts them. */
export function formatPolicyFailure({ line, column, seed, step, message }: PolicyFailure): string {
  const place = [
    ...(line === null ? [] : [`line ${line}${column === null ? '' : `, column ${column}`}`]),
    ...(seed === null || step === null ? [] : [`${formatStep(step)} of the episode with seed ${seed}`]),
  ].join(', ');
  return `${place === '' ? '' : `${place}: `}${message}`;
}

/** The name of the error that people see, by the evaluator's code. */
const ERROR_NAMES: Readonly<Record<string, string>> = {
  unknown_environment: 'EnvironmentError',
  missing_extra: 'EnvironmentError',
  environment_error: 'EnvironmentError',
  environment_changed: 'EnvironmentError',
  simulator_error: 'SimulatorError',
  consent_needed: 'ConsentError',
  missing_import: 'PolicyError',
  folder_error: 'PolicyError',
  cancelled: 'KeyboardInterrupt',
};
