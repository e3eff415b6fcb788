/** HMAC over the four JSON parts of a message, computed on bytes exactly as they are sent or received. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { RawMessage } from './frames';

type SignedParts = Pick<RawMessage, 'header' | 'parentHeader' | 'metadata' | 'content'>;

/** Signs and verifies with one key. */
export interface Signer {
  /** The signature frame; empty where the connection has no key. */
  sign(parts: SignedParts): Buffer;
  /** Whether a received message was signed with this key; without a key it is always true, as the protocol says. */
  verify(message: RawMessage): boolean;
}

/** A signer with this key. `scheme` is the connection file's `signature_scheme`, of the form `hmac-sha256`. */
export function createSigner(key: string, scheme = 'hmac-sha256'): Signer {
  if (key === '') return { sign: () => Buffer.alloc(0), verify: () => true };
  const algorithm = scheme.replace(/^hmac-/, '');
  const sign = ({ header, parentHeader, metadata, content }: SignedParts): Buffer => {
    const mac = createHmac(algorithm, key);
    for (const part of [header, parentHeader, metadata, content]) mac.update(part);
    return Buffer.from(mac.digest('hex'));
  };
  return {
    sign,
    verify: (message) => {
      const expected = sign(message);
      // timingSafeEqual throws on different lengths, and a length tells nothing about the key.
      return message.signature.length === expected.length && timingSafeEqual(message.signature, expected);
    },
  };
}
