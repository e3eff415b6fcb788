/** Names a request by what it asks, so that asking twice, or again after a death, is asking once. */
import { createHash } from 'node:crypto';
import { isJsonObject, type Json } from '@policybook/wire';

export function computeContentKey(method: string, params: Json): string {
  return createHash('sha256')
    .update(formatCanonical([method, params]))
    .digest('hex');
}

/** JSON with sorted keys, so that equal values have equal texts. */
function formatCanonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(formatCanonical).join(',')}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  const fields = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${formatCanonical(value[key] ?? null)}`);
  return `{${fields.join(',')}}`;
}
