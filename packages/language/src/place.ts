/**
 * Places in a declaration cell for mistakes that only the world can tell: an id that is not registered, a policy that
 * fails. The language checks what it can and never meets them.
 */
import type { PolicyCell, SimulatorCell, YamlCell } from './cell/cell';
import { foldName } from '@policybook/protocol';
import { readHeader } from './cell/header';
import type { Diagnostic } from './diagnostic';
import type { Path } from './schema/json-schema';
import { Source, type Range, type Span } from './source';
import { readBody } from './yaml/body';

/** Where a diagnostic stands: at a key of the body, or else at a word of the first line. */
export interface PlaceInCell {
  /** Keys of the YAML body; the diagnostic stands at the value of the first that is there. */
  readonly keys?: readonly Path[];
  /** A word of the first line, where the body has none of them. */
  readonly word?: string | null;
}

/** The diagnostic of a declaration at its place; at the magic where the cell has neither such a key nor the word. */
export function diagnoseAt(
  cell: YamlCell | PolicyCell | SimulatorCell,
  place: PlaceInCell,
  message: string,
): Diagnostic {
  const source = new Source(cell.code);
  const range = findKeyRange(cell, source, place.keys ?? []) ?? findWordRange(source, place.word ?? null);
  return source.diagnose(range, { code: 'wrong_value', message });
}

/** The diagnostic of an expression whose value could not be had. */
export function diagnoseExpression(
  code: string,
  { line, column, endLine, endColumn }: Span,
  message: string,
): Diagnostic {
  const last = endLine === line ? endColumn : new Source(code).readLine(line).length + 1;
  return {
    code: 'bad_expression',
    message,
    line,
    column,
    endColumn: Math.max(last, column + 1),
    found: null,
    allowed: [],
    nearest: null,
  };
}

function findKeyRange(
  cell: Parameters<typeof diagnoseAt>[0],
  source: Source,
  paths: readonly Path[],
): Range | undefined {
  if (cell.kind === 'policy' || cell.kind === 'simulator') return undefined;
  const body = readBody(source, cell.body.offset);
  return paths.map((path) => body.findPlace(path)).find((place) => place !== undefined)?.value;
}

function findWordRange(source: Source, word: string | null): Range {
  const header = readHeader(source);
  const found = header?.words.find(({ text }) => foldName(text) === foldName(word ?? ''));
  return found?.range ?? header?.range ?? { start: 0, end: source.text.length };
}
