/** Inspection in declaration cells and commands: what the word under the cursor means. */
import { readCommandName } from '../cell/command-line';
import { CELLS, getCommandShape, isYamlMagic } from '../cell/command-table';
import { readHeader, type Header } from '../cell/header';
import { parseCell } from '../cell/parse-cell';
import { listKeys, type DeclarationKind, type SchemaNode } from '../schema/json-schema';
import { LATER_KEYS } from '../schema/later';
import { describeValue, formatPath, listMeanings } from '../schema/describe';
import { Source } from '../source';
import { readContext } from './context';
import type { EditorFacts } from './facts';
import { readWrittenMapping } from './written-mapping';

/** Plain text for people, or nothing known; `undefined` where Python is. */
export type Inspection = { readonly found: true; readonly text: string } | { readonly found: false };

const NOT_FOUND: Inspection = { found: false };

/** What stands at the cursor (UTF-16 code units). */
export function inspect(code: string, cursor: number, facts: EditorFacts): Inspection | undefined {
  const source = new Source(code);
  const header = readHeader(source);
  if (header && cursor <= header.end) return inspectHeader(header, cursor, facts);
  if (header) {
    const { magic } = header;
    return isYamlMagic(magic) ? inspectBody(magic, code, header, cursor) : undefined;
  }
  const cell = parseCell(code);
  if (cell === undefined) return undefined;
  const name = readCommandName(source.readLine(source.locate(cursor).line));
  if (name === undefined) return NOT_FOUND;
  const { usage, about } = getCommandShape(name);
  return { found: true, text: `${usage}\n${about}` };
}

function inspectHeader(header: Header, cursor: number, facts: EditorFacts): Inspection {
  const word = header.words.find(({ range }) => range.start <= cursor && cursor <= range.end)?.text;
  const kinds = [
    ['an environment declared in this notebook', facts.environments],
    ['a registered environment', facts.environmentIds],
    ['a run of this notebook', facts.runs],
    ['a comparison of this notebook', facts.comparisons],
    ['a policy of this notebook', facts.policies],
  ] as const;
  const kind = kinds.find(([, names]) => word !== undefined && names.includes(word))?.[0];
  if (word !== undefined && kind !== undefined) return { found: true, text: `${word}: ${kind}` };
  const { usage, about } = CELLS[header.magic];
  return { found: true, text: `${usage}\n${about}` };
}

function inspectBody(kind: DeclarationKind, code: string, header: Header, cursor: number): Inspection {
  const offset = code.indexOf('\n', header.end) + 1;
  const wordEnd = cursor + (/^[\w-]*/.exec(code.slice(cursor))?.[0].length ?? 0);
  const body = code.slice(offset);
  const context = readContext(code.slice(offset, wordEnd));
  if (!context) return NOT_FOUND;
  const path = context.slot === 'key' ? [...context.path, context.typed] : context.path;
  const key = path.findLast((step) => typeof step === 'string');
  const owner = path.slice(0, path.lastIndexOf(key ?? ''));
  const node =
    key === undefined ? undefined : listKeys(kind, owner, readWrittenMapping(body, owner)).get(key);
  if (node && key !== undefined) return { found: true, text: describeKey([...owner, key], node) };
  const later = key === undefined ? undefined : LATER_KEYS[kind][key];
  return later === undefined
    ? NOT_FOUND
    : { found: true, text: `${key ?? ''}: ${later}. Comes in a later version.` };
}

function describeKey(path: readonly (string | number)[], node: SchemaNode): string {
  return [`${formatPath(path)}: ${describeValue(node)}`, ...listMeanings(node)].join('\n');
}
