/** The messages that the evaluator sends over its comm; in the other direction go `request`, `cancel` and `consent`. */
import { isJsonObject, stringOr, type Json } from '@policybook/wire';

/** A message about the request that `key` names. */
export type EvaluatorMessage =
  | { readonly kind: 'accepted'; readonly key: string }
  | { readonly kind: 'progress'; readonly key: string; readonly value: Json }
  | { readonly kind: 'result'; readonly key: string; readonly value: Json }
  | {
      readonly kind: 'failure';
      readonly key: string;
      readonly code: string;
      readonly message: string;
      readonly detail: Json;
    };

/** Reads a comm message's data; `undefined` where it is none of the evaluator's messages. */
export function readEvaluatorMessage(data: Json | undefined): EvaluatorMessage | undefined {
  if (!isJsonObject(data)) return undefined;
  const { kind, key, value = null } = data;
  if (typeof key !== 'string') return undefined;
  switch (kind) {
    case 'accepted':
      return { kind, key };
    case 'progress':
    case 'result':
      return { kind, key, value };
    case 'failure': {
      const { detail = null } = data;
      return {
        kind,
        key,
        code: stringOr(data['code'], 'failure'),
        message: stringOr(data['message'], ''),
        detail,
      };
    }
    default:
      return undefined;
  }
}
