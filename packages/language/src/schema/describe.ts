/** What a schema allows and what a cell holds, in words. */
import {
  collectWords,
  listAlternatives,
  unfold,
  type DeclarationKind,
  type Path,
  type SchemaNode,
} from './json-schema';

/** What is allowed at a place, as a phrase after "expected"; with the limit that the value `found` there has passed. */
export function describeAllowed(kind: DeclarationKind, path: Path, found?: unknown): string {
  return describeAlternatives(listAlternatives(kind, path), found);
}

/** Says what a key's schema allows, as `describeAllowed` says it of a place. */
export function describeValue(node: SchemaNode): string {
  return describeAlternatives(unfold(node), undefined);
}

/** Says what a key means and, where it has one, its default: a sentence each. */
export function listMeanings({ description, default: value }: SchemaNode): string[] {
  return [
    ...(description === undefined ? [] : [description]),
    ...(value === undefined ? [] : [`Default: ${JSON.stringify(value)}.`]),
  ];
}

function describeAlternatives(nodes: readonly SchemaNode[], found: unknown): string {
  const titled = nodes.find((node) => node.title !== undefined)?.title;
  if (titled !== undefined) return titled;
  const words = collectWords(nodes);
  if (words.length > 0) return words.join(' or ');
  const node = nodes.find((each) => each.type !== undefined);
  return node ? describeType(node, found) : 'a value that JSON can hold';
}

function describeType(node: SchemaNode, found: unknown): string {
  switch (node.type) {
    case 'integer':
      return `${node.exclusiveMinimum === 0 ? 'a positive whole number' : 'a whole number from 0'}${describeLimit(node, found)}`;
    case 'number':
      return `${node.exclusiveMinimum === 0 ? 'a positive number' : 'a number'}${describeBounds(node)}`;
    case 'string':
      return 'text';
    case 'array':
      return 'a list';
    default:
      return 'a value that JSON can hold';
  }
}

/** The limit of whole numbers: one of the schema's own always, that of exact numbers where `found` is beyond it. */
function describeLimit({ maximum }: SchemaNode, found: unknown): string {
  const isBeyond = typeof found === 'number' && maximum !== undefined && found > maximum;
  if (maximum === undefined || (maximum === Number.MAX_SAFE_INTEGER && !isBeyond)) return '';
  return ` up to ${maximum.toLocaleString('en-US')}`;
}

function describeBounds(node: SchemaNode): string {
  const low = node.minimum ?? node.exclusiveMinimum;
  const high = node.maximum ?? node.exclusiveMaximum;
  if (low === undefined) return '';
  if (high === undefined) return low === 0 && node.exclusiveMinimum === 0 ? '' : ` from ${low}`;
  return node.exclusiveMaximum === undefined ? ` from ${low} to ${high}` : ` between ${low} and ${high}`;
}

const MAX_QUOTED_CHARACTERS = 40;

/** What was found, short: a quoted text, a number, "a list of 3", "nothing". */
export function formatFound(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (typeof value === 'string')
    return `'${value.length > MAX_QUOTED_CHARACTERS ? `${value.slice(0, MAX_QUOTED_CHARACTERS)}…` : value}'`;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return value.length <= 4 ? formatList(value) : `a list of ${value.length}`;
  return 'a mapping';
}

function formatList(values: readonly unknown[]): string {
  const isPlain = values.every((value) => typeof value === 'number' || typeof value === 'string');
  return isPlain
    ? `[${values.map(String).join(', ').slice(0, MAX_QUOTED_CHARACTERS)}]`
    : `a list of ${values.length}`;
}

/** A path as people write it: `author.model`, `observation[2]`. */
export function formatPath(path: Path): string {
  return path
    .map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`))
    .join('');
}
