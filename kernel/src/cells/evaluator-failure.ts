/** The evaluator's failures in the words of a cell's error. */
import { policyFailure, type Failure, type PolicyFailure } from '@policybook/engine';
import { refused, type Outcome } from './cell-error';

/** What the user declared is wrong, or the evaluator cannot serve it. `firstLine`: of a Python body in its cell. */
export function evaluatorError(failure: Failure, firstLine?: number): Outcome<never> {
  const line = lineOf(failure);
  const where = line !== null && firstLine !== undefined ? `line ${line + firstLine - 1}: ` : '';
  return refused(errorNames[failure.code] ?? 'EvaluatorError', `${where}${failure.message}`);
}

/** A policy that failed, with its place in the text as the cell counts it. */
export function policyError(failure: PolicyFailure, firstLine = 1): Outcome<never> {
  const { line, column, seed, step } = failure;
  const place = [
    ...(line === null ? [] : [`line ${line + firstLine - 1}${column === null ? '' : `, column ${column}`}`]),
    ...(seed === null || step === null ? [] : [`step ${step} of the episode with seed ${seed}`]),
  ].join(', ');
  return refused('PolicyError', `${place === '' ? '' : `${place}: `}${failure.message}`, [
    `code: ${failure.code}`,
  ]);
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
  cancelled: 'KeyboardInterrupt',
};

function lineOf(failure: Failure): number | null {
  return placeOf(failure).line;
}

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
