/** A policy's text apart from a request's other parameters, so that it travels once and is named by its hash. */
import { createHash } from 'node:crypto';
import type { JsonObject } from '@policybook/wire';

/** A policy's text, and the SHA-256 of its UTF-8 in hexadecimal. */
export interface PolicyText {
  readonly hash: string;
  readonly source: string;
}

/** Texts whose hashes are kept: a megabyte takes 26 ms to hash, and a text is asked about block by block. */
const MAX_HASHES = 64;
const hashes = new Map<string, string>();

/** Takes the policy's text, the field `source`, out of a request's parameters, where they have one. */
export function splitPolicyText(params: JsonObject): { policy: PolicyText | undefined; rest: JsonObject } {
  const { source, ...rest } = params;
  if (typeof source !== 'string') return { policy: undefined, rest: params };
  return { policy: { hash: hashText(source), source }, rest };
}

function hashText(text: string): string {
  const hash = hashes.get(text) ?? createHash('sha256').update(text).digest('hex');
  hashes.delete(text);
  hashes.set(text, hash);
  const [oldest] = hashes.keys();
  if (hashes.size > MAX_HASHES && oldest !== undefined) hashes.delete(oldest);
  return hash;
}
