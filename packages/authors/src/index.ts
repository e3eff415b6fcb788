/** Authors of policies behind the engine's port. */
export { authorObstacle, createAuthor, type AuthorDependencies } from './create-author';
export type { RetryPolicy } from './retry';
