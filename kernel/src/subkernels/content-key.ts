/** Names a request by its content, so that sending it twice, or once more after a death, is sending it once. */
import { createHash } from 'node:crypto';
// By its own path, because the kernel starts without the rest of the protocol.
import { writeCanonicalJson } from '@policybook/protocol/canonical-json';
import type { Json } from '@policybook/wire';

/** Computes a hash of method and parameters, the same for equal parameters whatever the order of their fields. */
export function computeContentKey(method: string, params: Json): string {
  return createHash('sha256')
    .update(writeCanonicalJson([method, params]))
    .digest('hex');
}
