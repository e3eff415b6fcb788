/** Authors of policies behind the engine's port. */
export type { AnnouncedServer, AuthorDependencies } from './author-kind';
export { describeReplay } from './replay';
export type { RecordedAnswers, RecordedCall } from './replayed-calls';
export {
  createAuthor,
  findAuthorObstacle,
  listAuthorKeys,
  readAuthorTraits,
  sampleIndependently,
} from './registry';
export type { RetryPolicy } from './retry';
export type { Program, ProgramEnd } from './program';
