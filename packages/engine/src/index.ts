/** The engine: ports, events, and the loop that turns one into the other. */
export * from './evaluator-messages';
export * from './events';
export { returnBounds } from './acceptance/return-bounds';
export { scoreOf } from './acceptance/score';
export { runAudit, type AuditOutcome, type AuditPorts, type AuditTask } from './audit/run-audit';
export { auditSeeds, environmentHash, policyHash, type AuditKey } from './audit/seeds';
export { canonicalJson } from './canonical-json';
export { advance, fold } from './fold';
export type * from './json';
export { learn, type Declaration, type LearnOptions, type LearnPorts } from './learn';
export { Diverged } from './loop/stopped';
export type * from './ports';
export { seedsFor } from './seeds';
export * from './settings';
export { sha256 } from './sha256';
export type * from './state';
