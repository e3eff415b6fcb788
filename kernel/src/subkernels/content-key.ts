/** Names a request by what it asks, so that asking twice, or again after a death, is asking once. */
import { createHash } from 'node:crypto';
import { isJsonObject, type Json } from '@policybook/wire';

export function contentKey(method: string, params: Json): string {
  return createHash('sha256')
    .update(canonical([method, params]))
    .digest('hex');
}

/** JSON with sorted keys, so that equal values have equal texts. */
function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  const fields = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(value[key] ?? null)}`);
  return `{${fields.join(',')}}`;
}
