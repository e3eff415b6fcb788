/** Authors of policies behind the engine's port. */
export type { AuthorDependencies } from './author-kind';
export { createAuthor, findAuthorObstacle, readAuthorTraits, sampleIndependently } from './registry';
export type { RetryPolicy } from './retry';
