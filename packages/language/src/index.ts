/** The cell language: which cells are ours, what they declare, and what an editor can say about them. */
export type {
  Cell,
  CellBody,
  CommandsCell,
  CompareCell,
  EnvironmentCell,
  InvalidCell,
  LaterCell,
  LearnCell,
  PolicyCell,
  SimulatorCell,
  YamlCell,
} from './cell/cell';
export { cellMagics } from './cell/cell';
export type { Argument, Command } from './cell/command';
export { expansions, readCommands } from './cell/command';
export type { CommandLine, Expansion } from './cell/command-line';
export type { CommandName } from './cell/command-table';
export { commands } from './cell/command-table';
export { parseCell } from './cell/parse-cell';
export type { CompareDeclaration, ContestantDeclaration } from './compare-declaration';
export type {
  BudgetDeclaration,
  Declaration,
  EnvironmentDeclaration,
  EnvironmentKeys,
  LearnDeclaration,
  PolicyLimitsDeclaration,
  SearchDeclaration,
} from './declaration';
export type { Draft } from './declare';
export { draft, fill } from './declare';
export { declarationErrorName, formatProblems } from './format-problems';
export { defaultRunName, isName } from './names';
export { nearest } from './nearest';
export type { PlaceInCell } from './place';
export { problemAt, problemOver } from './place';
export type { Checked, Problem, ProblemCode } from './problem';
export type { Reference, ReferenceResult } from './reference';
export { isRunName, parseReference } from './reference';
export type { AuthorDeclaration } from './schema/author';
export { declarationSchemas } from './schema/json-schema';
export { sampledSuffix } from './schema/compare';
export type { Span } from './source';
export type { Hole } from './yaml/body';
export type { Completion, Match } from './editor/complete';
export { complete } from './editor/complete';
export type { Facts } from './editor/facts';
export type { Inspection } from './editor/inspect';
export { inspect } from './editor/inspect';
export type { Completeness } from './editor/is-complete';
export { isComplete } from './editor/is-complete';
