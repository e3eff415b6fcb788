/** What kinds of cell there are. The first line decides; everything that is none of these is Python. */
import type { Problem } from '../problem';
import type { CommandLine } from './command-line';

/** Text after the first line, with where it starts in the cell. */
export interface CellBody {
  readonly text: string;
  /** In UTF-16 code units of the cell. */
  readonly offset: number;
  /** The cell's line that the body starts in, from 1; tracebacks of the body's Python add `line - 1`. */
  readonly line: number;
}

interface Declared {
  /** The whole cell. */
  readonly code: string;
  readonly body: CellBody;
}

export interface EnvironmentCell extends Declared {
  readonly kind: 'environment';
  readonly name: string;
}

export interface LearnCell extends Declared {
  readonly kind: 'learn';
  /** A declared name or a registered id. */
  readonly environment: string;
  readonly run: string;
}

/** A `gymnasium.Env` of the user's own; the body is Python. */
export interface SimulatorCell extends Declared {
  readonly kind: 'simulator';
  readonly name: string;
}

/** A policy by hand; the body is Python. */
export interface PolicyCell extends Declared {
  readonly kind: 'policy';
  readonly name: string;
  /** From `for ENV`. */
  readonly environment: string | null;
}

/** Policies, runs, authors and baselines on the same seeds. */
export interface CompareCell extends Declared {
  readonly kind: 'compare';
  readonly comparison: string;
}

/** A cell of our line magics only. */
export interface CommandsCell {
  readonly kind: 'commands';
  readonly code: string;
  readonly lines: readonly CommandLine[];
}

/** Recognised, and not built yet. */
export interface LaterCell {
  readonly kind: 'figure';
  readonly code: string;
  readonly problems: readonly Problem[];
}

/** One of our cells whose first line, or one of whose command lines, is wrong. */
export interface InvalidCell {
  readonly kind: 'invalid';
  readonly code: string;
  readonly problems: readonly Problem[];
}

/** A cell whose body is YAML. */
export type YamlCell = EnvironmentCell | LearnCell | CompareCell;

export type Cell = YamlCell | SimulatorCell | PolicyCell | CommandsCell | LaterCell | InvalidCell;

/** Cells whose body is YAML. */
export const yamlMagics = ['environment', 'learn', 'compare'] as const;
/** Cells whose body is Python. */
export const pythonMagics = ['simulator', 'policy'] as const;
/** Cells of a later version. */
export const laterMagics = ['figure'] as const;

export const cellMagics = [...yamlMagics, ...pythonMagics, ...laterMagics];
export type CellMagic = (typeof cellMagics)[number];

export function isYamlMagic(magic: CellMagic): magic is (typeof yamlMagics)[number] {
  return yamlMagics.some((each) => each === magic);
}
