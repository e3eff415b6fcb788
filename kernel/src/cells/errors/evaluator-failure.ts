/** The evaluator's failures in the words of a cell's error. */
import { policyFailure, type Failure, type PolicyFailure } from '@policybook/protocol';
import type { PolicyCell } from '@policybook/language';
import { quoteCodeLine, refuse, type CellResult } from './cell-failure';

/** What the user declared is wrong, or the evaluator cannot serve it. `code`: of a simulator's own cell. */
export function refuseEvaluatorFailure(failure: Failure, code?: string): CellResult<never> {
  const { line } = placeOf(failure);
  const below = line === null || code === undefined ? [] : quoteCodeLine(code, line);
  return refuse(errorNames[failure.code] ?? 'EvaluatorError', failure.message, below);
}

/** A policy that failed, with its place in the cell. */
export function refusePolicyFailure(failure: PolicyFailure, { code, body }: PolicyCell): CellResult<never> {
  const line = failure.line === null ? null : failure.line + body.line - 1;
  const below = line === null ? [] : quoteCodeLine(code, line, failure.column);
  return refuse('PolicyError', formatPolicyFailure({ ...failure, line }), [...below, `code: ${failure.code}`]);
}

/** What failed and where, lines as the failure counts them. */
export function formatPolicyFailure({ line, column, seed, step, message }: PolicyFailure): string {
  const place = [
    ...(line === null ? [] : [`line ${line}${column === null ? '' : `, column ${column}`}`]),
    ...(seed === null || step === null ? [] : [`step ${step} of the episode with seed ${seed}`]),
  ].join(', ');
  return `${place === '' ? '' : `${place}: `}${message}`;
}

/** The policy's own failure, where a method answered with one. */
export function policyFailureOf(failure: Failure): PolicyFailure | null {
  const told = policyFailure.safeParse(failure.detail);
  if (told.success) return told.data;
  const code = policyFailure.shape.code.safeParse(failure.code);
  if (!code.success) return null;
  const { line, column } = placeOf(failure);
  return { code: code.data, message: failure.message, line, column, seed: null, step: null };
}

const errorNames: Readonly<Record<string, string>> = {
  unknown_environment: 'EnvironmentError',
  missing_extra: 'EnvironmentError',
  environment_error: 'EnvironmentError',
  simulator_error: 'SimulatorError',
  consent_needed: 'ConsentError',
  missing_import: 'PolicyError',
  folder_error: 'PolicyError',
  cancelled: 'KeyboardInterrupt',
};

function placeOf({ detail }: Failure): { line: number | null; column: number | null } {
  const place = { line: null, column: null };
  if (typeof detail !== 'object' || detail === null || Array.isArray(detail)) return place;
  const entries = new Map(Object.entries(detail));
  const number = (key: string): number | null => {
    const value = entries.get(key);
    return typeof value === 'number' ? value : null;
  };
  return { line: number('line'), column: number('column') };
}
