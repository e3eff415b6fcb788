/**
 * Reads the evaluator's frames. A kernel starts without zod, so that this reads by hand what the protocol's schema
 * says, and a unit test holds the two equal; a result is parsed by its method's schema where it is used.
 */
import type { EvaluatorFrame } from '@policybook/protocol';
import { isJsonObject, type Json } from '@policybook/wire';

/** Reads a comm message's data; `undefined` where it is none of the evaluator's frames. */
export function readEvaluatorFrame(data: Json | undefined): EvaluatorFrame | undefined {
  if (!isJsonObject(data)) return undefined;
  const { kind, key, value, code, message, detail } = data;
  const fieldCount = Object.keys(data).length;
  if (typeof key !== 'string') return undefined;
  switch (kind) {
    case 'accepted':
      return fieldCount === 2 ? { kind, key } : undefined;
    case 'progress':
    case 'result':
      return value !== undefined && fieldCount === 3 ? { kind, key, value } : undefined;
    case 'failure':
      return typeof code === 'string' &&
        typeof message === 'string' &&
        detail !== undefined &&
        fieldCount === 5
        ? { kind, key, code, message, detail }
        : undefined;
    default:
      return undefined;
  }
}
