/** The engine: ports, events, and the loop that turns one into the other. */
export { readActionHashes, shortHash } from './action-hashes';
export { departure, type Departure, type FollowedEpisode } from './checkpoints';
export * from './recorded-episodes';
export * from './events';
export { returnBounds } from './acceptance/return-bounds';
export { scoreOf } from './acceptance/score';
export { runAudit, type AuditOutcome, type AuditPorts, type AuditTask } from './audit/run-audit';
export { auditSeeds, environmentHash, policyHash, type AuditKey } from './audit/seeds';
export { canonicalJson } from './canonical-json';
export * from './comparison/aggregate';
export * from './comparison/bootstrap';
export { chance } from './comparison/chance';
export {
  compare,
  type CompareOptions,
  type ComparePorts,
  type ComparisonDeclaration,
} from './comparison/compare';
export { conclude } from './comparison/conclude';
export * from './comparison/events';
export type * from './comparison/ports';
export { choiceSeeds, comparisonSeeds } from './comparison/seeds';
export * from './comparison/settings';
export * from './comparison/state';
export { addTotals } from './comparison/totals';
export { differences } from './differences';
export { isDurable, type RecordedEventType } from './durability';
export { advance, fold } from './fold';
export { learn, type Declaration, type LearnOptions, type LearnPorts } from './learn';
export { provenChampion } from './loop/context';
export { Diverged } from './loop/stopped';
export { noticedTogether, type Noticed } from './noticed';
export type * from './ports';
export { repetition, type Repetition } from './repetition';
export { seedsFor } from './seeds';
export * from './settings';
export { sha256 } from './sha256';
export type * from './state';
