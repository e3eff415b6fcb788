/** What a schema allows and what a cell holds, in words. */
import { alternativesAt, wordsAt, type DeclarationKind, type Path, type SchemaNode } from './json-schema';

/** What is allowed at a place, as a phrase after "expected". */
export function allowedAt(kind: DeclarationKind, path: Path): string {
  const nodes = alternativesAt(kind, path);
  const titled = nodes.find((node) => node.title !== undefined)?.title;
  if (titled !== undefined) return titled;
  const words = wordsAt(kind, path);
  if (words.length > 0) return words.join(' or ');
  const node = nodes.find((each) => each.type !== undefined);
  return node ? ofType(node) : 'a value that JSON can hold';
}

function ofType(node: SchemaNode): string {
  switch (node.type) {
    case 'integer':
      return node.exclusiveMinimum === 0 ? 'a positive whole number' : 'a whole number from 0';
    case 'number':
      return `${node.exclusiveMinimum === 0 ? 'a positive number' : 'a number'}${bounds(node)}`;
    case 'string':
      return 'text';
    case 'array':
      return 'a list';
    default:
      return 'a value that JSON can hold';
  }
}

function bounds(node: SchemaNode): string {
  const low = node.minimum ?? node.exclusiveMinimum;
  const high = node.maximum ?? node.exclusiveMaximum;
  if (low === undefined) return '';
  if (high === undefined) return low === 0 && node.exclusiveMinimum === 0 ? '' : ` from ${low}`;
  return node.exclusiveMaximum === undefined ? ` from ${low} to ${high}` : ` between ${low} and ${high}`;
}

const longest = 40;

/** What was found, short: a quoted text, a number, "a list of 3", "nothing". */
export function foundWords(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (typeof value === 'string') return `'${value.length > longest ? `${value.slice(0, longest)}…` : value}'`;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return value.length <= 4 ? listWords(value) : `a list of ${value.length}`;
  return 'a mapping';
}

function listWords(values: readonly unknown[]): string {
  const plain = values.every((value) => typeof value === 'number' || typeof value === 'string');
  return plain ? `[${values.map(String).join(', ').slice(0, longest)}]` : `a list of ${values.length}`;
}

/** A path as people write it: `author.model`, `observation[2]`. */
export function pathWords(path: Path): string {
  return path
    .map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`))
    .join('');
}
