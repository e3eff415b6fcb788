/** Inspection in declaration cells and line magics: what the word under the cursor means. */
import { isYamlMagic } from '../cell/cell';
import { commandName } from '../cell/command-line';
import { commandShape } from '../cell/command-table';
import { headerUsage, readHeader, type Header } from '../cell/header';
import { parseCell } from '../cell/parse-cell';
import { keysAt, type DeclarationKind, type SchemaNode } from '../schema/json-schema';
import { laterKeys } from '../schema/later';
import { allowedAt, pathWords } from '../schema/words';
import { Source } from '../source';
import { contextAt } from './context';
import type { Facts } from './facts';

/** Plain text for people, or nothing known; `undefined` where Python is. */
export type Inspection = { readonly found: true; readonly text: string } | { readonly found: false };

const nothing: Inspection = { found: false };

/** What stands at the cursor (UTF-16 code units). */
export function inspect(code: string, cursor: number, facts: Facts): Inspection | undefined {
  const source = new Source(code);
  const header = readHeader(source);
  if (header && cursor <= header.end) return inHeader(header, cursor, facts);
  if (header) {
    const { magic } = header;
    return isYamlMagic(magic) ? inBody(magic, code, header, cursor) : undefined;
  }
  const cell = parseCell(code);
  if (cell === undefined) return undefined;
  const name = commandName(source.line(source.position(cursor).line));
  if (name === undefined) return nothing;
  const { usage, about } = commandShape(name);
  return { found: true, text: `${usage}\n${about}` };
}

const headerAbout: Readonly<Record<Header['magic'], string>> = {
  environment: 'Declares an environment under a name of its own. Body: YAML.',
  learn: 'Learns a policy in an environment. Body: YAML; everything has a default.',
  simulator:
    "Declares a gymnasium.Env of your own. Body: Python, which sees nothing of the notebook's names.",
  policy: 'Declares a policy by hand. Body: Python with act(observation), or a class Policy.',
  compare:
    'Compares policies, runs, authors and baselines on the same fresh seeds. Body: YAML with policies, baselines, authors or agents.',
  figure: 'Comes in a later version.',
};

function inHeader(header: Header, cursor: number, facts: Facts): Inspection {
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
  return { found: true, text: `${headerUsage[header.magic]}\n${headerAbout[header.magic]}` };
}

function inBody(kind: DeclarationKind, code: string, header: Header, cursor: number): Inspection {
  const offset = code.indexOf('\n', header.end) + 1;
  const wordEnd = cursor + (/^[\w-]*/.exec(code.slice(cursor))?.[0].length ?? 0);
  const context = contextAt(code.slice(offset, wordEnd));
  if (!context) return nothing;
  const path = context.slot === 'key' ? [...context.path, context.typed] : context.path;
  const key = path.findLast((step) => typeof step === 'string');
  const owner = path.slice(0, path.lastIndexOf(key ?? ''));
  const node = key === undefined ? undefined : keysAt(kind, owner).get(key);
  if (node && key !== undefined) return { found: true, text: describe(kind, [...owner, key], node) };
  const later = key === undefined ? undefined : laterKeys[kind][key];
  return later === undefined
    ? nothing
    : { found: true, text: `${key ?? ''}: ${later}. Comes in a later version.` };
}

function describe(kind: DeclarationKind, path: readonly (string | number)[], node: SchemaNode): string {
  const lines = [`${pathWords(path)}: ${allowedAt(kind, path)}`];
  if (node.description) lines.push(node.description);
  if (node.default !== undefined) lines.push(`Default: ${JSON.stringify(node.default)}.`);
  return lines.join('\n');
}
