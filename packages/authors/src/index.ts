/** Authors of policies behind the engine's port. */
export { createAuthor, type AuthorDependencies } from './create-author';
export type { FailureOf } from './prompt';
export type { RetryPolicy } from './retry';
