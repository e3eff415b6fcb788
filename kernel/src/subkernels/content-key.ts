/** Names a request by its content, so that sending it twice, or once more after a death, is sending it once. */
import { createHash } from 'node:crypto';
import { isJsonObject, type Json } from '@policybook/wire';

/** A hash of method and parameters, the same for equal parameters whatever the order of their fields. */
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
