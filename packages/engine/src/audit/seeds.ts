/**
 * An audit's seeds. They follow from what was frozen and from a nonce drawn after the freeze, so they could not be
 * known while the policy was written, and anybody can derive them again: `policybook/verification/audit_seeds.py` does.
 *
 * The rule: seed i, from 0, is the first 32 bits, shifted right by one, of the SHA-256 of the UTF-8 text
 *
 *     ["policybook audit","POLICY","ENVIRONMENT","NONCE",i]
 *
 * which is JSON without white space; POLICY and ENVIRONMENT are hexadecimal SHA-256, NONCE is 32 hexadecimal digits.
 */
import { writeCanonicalJson, type EnvironmentSpec } from '@policybook/protocol';
import { hashToSeeds } from '../seeds';
import { computeSha256 } from '../sha256';

/** What the seeds of an audit follow from. */
export interface AuditKey {
  /** SHA-256 of the policy's text (UTF-8, LF). */
  readonly policy: string;
  /** See `hashEnvironment`. */
  readonly environment: string;
  readonly nonce: string;
}

/** Derives `count` seeds from position `start` on; each in [0, 2³¹). */
export function deriveAuditSeeds(
  { policy, environment, nonce }: AuditKey,
  count: number,
  start = 0,
): number[] {
  return hashToSeeds(['policybook audit', policy, environment, nonce], count, start);
}

/** Computes the SHA-256 of an environment's resolved declaration as canonical JSON. */
export function hashEnvironment(environment: EnvironmentSpec): string {
  return computeSha256(writeCanonicalJson(environment));
}

/** Computes the SHA-256 of a policy's text, its line ends LF. */
export function hashPolicy(source: string): string {
  return computeSha256(source.replace(/\r\n?/g, '\n'));
}
