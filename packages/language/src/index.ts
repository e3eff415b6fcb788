/** The cell language: which cells are policybook's, what they declare, and what an editor can say about them. */
export type {
  Cell,
  CellBody,
  CommandsCell,
  CompareCell,
  EnvironmentCell,
  InvalidCell,
  LearnCell,
  PolicyCell,
  SimulatorCell,
  YamlCell,
} from './cell/cell';
export type { Argument, Command } from './cell/command';
export { listExpansions, readCommands } from './cell/command';
export type { CommandLine, Expansion } from './cell/command-line';
export type { CellMagic, CommandName } from './cell/command-table';
export { CELLS, COMMANDS } from './cell/command-table';
export { parseCell } from './cell/parse-cell';
export type { CompareDeclaration, ContestantDeclaration } from './compare-declaration';
export type {
  EnvironmentDeclaration,
  EnvironmentKeys,
  LearnDeclaration,
  PolicyLimitsDeclaration,
  RunKeys,
} from './declaration';
export type { Declaration, DraftedDeclaration } from './declare';
export { draftDeclaration, completeDeclaration } from './declare';
export { DECLARATION_ERROR_NAME, formatDiagnostics } from './format-diagnostics';
export { deriveRunName, isName } from './names';
export { findNearest } from './nearest';
export type { PlaceInCell } from './place';
export { diagnoseAt, diagnoseExpression } from './place';
export type { Checked, Diagnostic, DiagnosticCode } from './diagnostic';
export type { Reference, ReferenceResult } from './reference';
export { isRunName, parseReference } from './reference';
export type { AuthorDeclaration } from './schema/author';
export { isRunPath } from './schema/authors/replay';
export { getDeclarationSchemas, type Path } from './schema/json-schema';
export { formatKeysTable } from './schema/keys-table';
export { SAMPLING_SUFFIX } from './schema/compare';
export type { Span } from './source';
export type { Placeholder } from './yaml/body';
export type { Completion, CompletionMatch } from './editor/complete';
export { complete } from './editor/complete';
export type { EditorFacts } from './editor/facts';
export type { Inspection } from './editor/inspect';
export { inspect } from './editor/inspect';
export type { Completeness } from './editor/is-complete';
export { isComplete } from './editor/is-complete';
