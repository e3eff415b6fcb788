/** The engine: ports, events, and the loop that turns one into the other. */
export { readActionHashes, shortenHash } from './action-hashes';
export { findDeparture, type Departure, type FollowedEpisode } from './trajectory-hashes';
export * from './episodes/candidate-episode';
export type { EpisodeEnding, KeptEpisode } from './episodes/kept-episode';
export { keptTrace, listCoordinates, type KeptTrace } from './episodes/kept-trace';
export * from './episodes/seed-differences';
export * from './episodes/summarise-episodes';
export * from './episodes/trace-episodes';
export * from './recorded-episodes';
export * from './events';
export { findNearbyBounds, findReturnBounds, type ReturnBounds } from './acceptance/return-bounds';
export { findMinEffect } from './acceptance/min-effect';
export { proposeReturns } from './acceptance/returns-proposal';
export { computeScore } from './acceptance/score';
export {
  createAuditEvent,
  runAudit,
  type AuditContext,
  type AuditedCandidates,
  type AuditOutcome,
  type AuditPorts,
  type AuditTask,
  type PlayedAudit,
} from './audit/run-audit';
export { deriveAuditSeeds, hashEnvironment, hashPolicy, type AuditKey } from './audit/seeds';
export * from './comparison/aggregate';
export * from './comparison/bootstrap';
export { createRandomStream } from './comparison/random-stream';
export { compare, type CompareOptions, type ComparisonDeclaration } from './comparison/compare';
export { conclude } from './comparison/conclude';
export * from './comparison/events';
export type * from './comparison/ports';
export { deriveChoiceSeeds, deriveComparisonSeeds } from './comparison/seeds';
export * from './comparison/settings';
export * from './comparison/state';
export { findDifferences, formatDifference, type Difference } from './differences';
export { EVENT_TABLE, isDurable, isLogged, type LoggedEvent, type RecordedEventType } from './event-table';
export { advance, fold, isFinished } from './fold';
export { learn, type RunDeclaration, type LearnOptions, type LearnPorts } from './learn';
export {
  compareWith,
  measureDifference,
  measurePairs,
  type CandidateComparison,
  type MeasuredDifference,
} from './choice/compare-with';
export { findAccepted } from './choice/accepted';
export { isLastChoice, listAlike } from './choice/contenders';
export { computeMean } from './acceptance/score';
export { scoreAllEpisodes, summariseAllEpisodes } from './choice/score-all-episodes';
export { findHead, findProvenChampion } from './run/context';
export { findUnprovenLead, type UnprovenLead } from './run/prove';
export { findGoldenLosses, isRefused, type GoldenLoss } from './choice/golden';
export { formatAccepted } from './run/accepted-message';
export { formatGoldenHead, formatGoldenLosses } from './run/golden-message';
export { formatLead } from './run/lead-message';
export { formatPredictions } from './run/predictions-message';
export { formatRejectedHead } from './run/rejected-message';
export { isRetuning } from './run/retunings';
export { formatUnexercised } from './run/unexercised-message';
export { formatLost } from './session/format-lost';
export { findTextChange } from './session/read-recorded-text';
export { RecordDivergedError } from './session/stopped';
export { combineObservations, type MachineObservations } from './machine-observations';
export type * from './ports';
export { checkReproduction, type Reproduction } from './reproduction';
export { deriveSeeds } from './seeds';
export { countLimited, findLongestEpisode, readBudgetLeft } from './budget/budget';
export * from './settings';
export { computeSha256 } from './sha256';
export * from './state';
