/** `!py EXPR`: one plain, quoted or block scalar; quoted inside `{}` and `[]`, where a comma would cut it. */
import { isScalar, type Node } from 'yaml';
import type { DiagnosticFacts, Range } from '../source';

/** The expression of a placeholder, or what is wrong with it. */
export type PlaceholderResult =
  | { readonly ok: true; readonly expression: string; readonly range: Range }
  | { readonly ok: false; readonly range: Range; readonly facts: DiagnosticFacts };

const PLACEHOLDER_TAG = '!py';

/** Where a tagged node stands. */
export interface PlaceholderContext {
  /** Inside `{}` or `[]`. */
  readonly isInFlow: boolean;
  /** The whole body. */
  readonly isBody: boolean;
}

/** Reads a tagged node. Ranges are the text's. */
export function readPlaceholder(
  node: Node,
  text: string,
  { isInFlow, isBody }: PlaceholderContext,
): PlaceholderResult {
  const [from, to] = node.range ?? [0, 0];
  const range = { start: Math.max(0, text.lastIndexOf(PLACEHOLDER_TAG, from)), end: Math.max(from, to) };
  if (isBody) return reject(range, '!py gives one value, not the whole body; keys come first', 'a body');
  if (!isScalar(node)) return reject(range, 'write the expression in quotes: !py "…"', 'a mapping or list');
  const expression = typeof node.value === 'string' ? node.value.trim() : '';
  if (!expression) return reject(range, '!py needs a Python expression after it', 'nothing');
  if (isInFlow && node.type === 'PLAIN')
    return reject(range, 'inside {} and [] the expression is quoted: !py "…"', expression);
  // A plain scalar may run over lines, and a block scalar's last line break is not its own.
  const written = text.slice(range.start, range.end).trimEnd();
  return { ok: true, expression, range: { start: range.start, end: range.start + written.length } };
}

function reject(range: Range, message: string, found: string): PlaceholderResult {
  const allowed = ['one plain, quoted or block scalar'];
  return { ok: false, range, facts: { code: 'bad_expression', message, found, allowed } };
}
