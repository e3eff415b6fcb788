/** What kinds of cell there are. The first line decides; everything that is none of these is Python. */
import type { Diagnostic } from '../diagnostic';
import type { CommandLine } from './command-line';

/** Text after the first line, with where it starts in the cell. */
export interface CellBody {
  readonly text: string;
  /** In UTF-16 code units of the cell. */
  readonly offset: number;
  /** The cell's line that the body starts in, from 1; tracebacks of the body's Python add `line - 1`. */
  readonly line: number;
}

interface DeclarationCell {
  /** The whole cell. */
  readonly code: string;
  readonly body: CellBody;
}

/** A cell `%%environment NAME`. */
export interface EnvironmentCell extends DeclarationCell {
  readonly kind: 'environment';
  readonly name: string;
}

/** A cell `%%learn ENV [as RUN]`. */
export interface LearnCell extends DeclarationCell {
  readonly kind: 'learn';
  /** A declared name or a registered id. */
  readonly environment: string;
  readonly run: string;
}

/** A `gymnasium.Env` of the user's own; the body is Python. */
export interface SimulatorCell extends DeclarationCell {
  readonly kind: 'simulator';
  readonly name: string;
}

/** A policy by hand; the body is Python. */
export interface PolicyCell extends DeclarationCell {
  readonly kind: 'policy';
  readonly name: string;
  /** From `for ENV`. */
  readonly environment: string | null;
}

/** Policies, runs, authors and baselines on the same seeds. */
export interface CompareCell extends DeclarationCell {
  readonly kind: 'compare';
  readonly comparison: string;
}

/** A cell of commands only. */
export interface CommandsCell {
  readonly kind: 'commands';
  readonly code: string;
  readonly lines: readonly CommandLine[];
}

/** One of our cells whose first line, or one of whose command lines, is wrong. */
export interface InvalidCell {
  readonly kind: 'invalid';
  readonly code: string;
  readonly diagnostics: readonly Diagnostic[];
}

/** A cell whose body is YAML. */
export type YamlCell = EnvironmentCell | LearnCell | CompareCell;

/** Any cell that is policybook's. */
export type Cell = YamlCell | SimulatorCell | PolicyCell | CommandsCell | InvalidCell;
