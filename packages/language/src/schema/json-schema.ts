/** The declarations as JSON Schema: what completion, inspection, messages and the committed files read. */
import { z } from 'zod';
import { compareBody } from './compare';
import { environmentBody } from './environment';
import { learnBody } from './learn';

/** A node of a JSON Schema. */
export type SchemaNode = z.core.JSONSchema.BaseSchema;
/** The declarations that have a YAML body. */
export type DeclarationKind = 'environment' | 'learn' | 'compare';

/** The checks behind each declaration; the single source of type, JSON Schema and documentation. */
export const BODY_SCHEMAS = { environment: environmentBody, learn: learnBody, compare: compareBody } as const;

let generated: Readonly<Record<DeclarationKind, SchemaNode>> | undefined;

/** JSON Schema (2020-12) of each declaration's body, as it is written; committed under `schemas/`. */
export function getDeclarationSchemas(): Readonly<Record<DeclarationKind, SchemaNode>> {
  generated ??= {
    environment: z.toJSONSchema(environmentBody, { io: 'input' }),
    learn: z.toJSONSchema(learnBody, { io: 'input' }),
    compare: z.toJSONSchema(compareBody, { io: 'input' }),
  };
  return generated;
}

/** Keys and indices from the top of a body. */
export type Path = readonly (string | number)[];

/** Every alternative that the schema has for the place, unions taken apart, the outermost first. */
export function listAlternatives(kind: DeclarationKind, path: Path): readonly SchemaNode[] {
  const root = getDeclarationSchemas()[kind];
  let nodes: readonly SchemaNode[] = [root];
  for (const step of path)
    nodes = nodes.flatMap((node) => unfold(node).flatMap((part) => getChildren(part, step)));
  return nodes.flatMap(unfold);
}

/**
 * Keys that a mapping at the place may have, each with its schema; empty where anything goes. Of alternatives that a word of the
 * mapping tells apart, as `kind: search` does, the one that `value` has chosen counts, where it has chosen one.
 */
export function listKeys(
  kind: DeclarationKind,
  path: Path,
  value?: unknown,
): ReadonlyMap<string, SchemaNode> {
  const keys = new Map<string, SchemaNode>();
  const all = listAlternatives(kind, path);
  const chosen = all.filter((each) => each.properties !== undefined && isChosen(each, value));
  for (const node of chosen.length > 0 ? chosen : all)
    for (const [key, value] of Object.entries(node.properties ?? {}))
      if (typeof value === 'object' && !keys.has(key)) keys.set(key, value);
  return keys;
}

/** Whether a mapping may be of the alternative: it has no other word where that has a fixed one. */
function isChosen({ properties = {} }: SchemaNode, value: unknown): boolean {
  return Object.entries(properties).every(([key, each]) => {
    if (typeof each !== 'object' || each.const === undefined || typeof value !== 'object') return true;
    const word: unknown = Object.getOwnPropertyDescriptor(value ?? {}, key)?.value;
    return word === undefined || word === each.const;
  });
}

/** Fixed words that may stand at the place: enumerations, constants, booleans. */
export function listWords(kind: DeclarationKind, path: Path): readonly string[] {
  return collectWords(listAlternatives(kind, path));
}

/** Collects the fixed words of alternatives. */
export function collectWords(alternatives: readonly SchemaNode[]): readonly string[] {
  const words = alternatives.flatMap((node) => {
    if (node.type === 'boolean') return ['true', 'false'];
    return [...(node.enum ?? []), ...(node.const === undefined ? [] : [node.const])].map(String);
  });
  return [...new Set(words)];
}

/** Takes unions apart, the outermost first. */
export function unfold(node: SchemaNode): SchemaNode[] {
  return [node, ...[...(node.anyOf ?? []), ...(node.oneOf ?? [])].flatMap(unfold)];
}

function getChildren(node: SchemaNode, step: string | number): SchemaNode[] {
  const { properties = {} } = node;
  const found =
    typeof step === 'number'
      ? (node.prefixItems?.[step] ?? (Array.isArray(node.items) ? node.items[step] : node.items))
      : Object.hasOwn(properties, step)
        ? properties[step]
        : node.additionalProperties;
  return typeof found === 'object' ? [found] : [];
}
