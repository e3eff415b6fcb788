/** The one way in which our TypeScript packages answer with success or an expected failure. */
import type { Json } from './json';

/** An expected failure: `code` is for programs, `message` for people, `detail` for both. */
export interface Failure {
  readonly ok: false;
  readonly code: string;
  readonly message: string;
  readonly detail: Json;
}

/** A value, or the failure that stands in its place. Expected failures are values; only defects are thrown. */
export type Result<T, E extends Failure = Failure> = { readonly ok: true; readonly value: T } | E;
