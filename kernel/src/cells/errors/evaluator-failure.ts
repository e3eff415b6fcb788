/** The evaluator's failures in the words of a cell's error. */
import { readFailurePlace, type Failure, type PolicyFailure } from '@policybook/protocol';
import type { PolicyCell } from '@policybook/language';
import { quoteCodeLine, refuse, type CellFailure } from './cell-failure';

/**
 * Ends a cell because of what the user declared, or because the evaluator cannot serve it. `code` is the text of a
 * simulator's cell, of which the line that failed is quoted.
 */
export function refuseEvaluatorFailure(failure: Failure, code?: string): CellFailure {
  const { line } = readFailurePlace(failure);
  const below = line === null || code === undefined ? [] : quoteCodeLine(code, line);
  return refuse(ERROR_NAMES[failure.code] ?? 'EvaluatorError', failure.message, below, failure);
}

/** Ends a `%%policy` cell because its policy failed, with the place in the cell. */
export function refusePolicyFailure(failure: PolicyFailure, { code, body }: PolicyCell): CellFailure {
  const line = failure.line === null ? null : failure.line + body.line - 1;
  const below = line === null ? [] : quoteCodeLine(code, line, failure.column);
  return refuse('PolicyError', formatPolicyFailure({ ...failure, line }), [
    ...below,
    `code: ${failure.code}`,
  ]);
}

/** Says what failed and where; lines count as the failure counts them. */
export function formatPolicyFailure({ line, column, seed, step, message }: PolicyFailure): string {
  const place = [
    ...(line === null ? [] : [`line ${line}${column === null ? '' : `, column ${column}`}`]),
    ...(seed === null || step === null ? [] : [`step ${step} of the episode with seed ${seed}`]),
  ].join(', ');
  return `${place === '' ? '' : `${place}: `}${message}`;
}

/** The name of the error that people see, by the evaluator's code. */
const ERROR_NAMES: Readonly<Record<string, string>> = {
  unknown_environment: 'EnvironmentError',
  missing_extra: 'EnvironmentError',
  environment_error: 'EnvironmentError',
  simulator_error: 'SimulatorError',
  consent_needed: 'ConsentError',
  missing_import: 'PolicyError',
  folder_error: 'PolicyError',
  cancelled: 'KeyboardInterrupt',
};
