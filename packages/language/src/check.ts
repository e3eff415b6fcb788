/** A body's value against its schema: zod's issues become problems at the place of the key or value. */
import type { z } from 'zod';
import { nameWords } from './names';
import { nearest, suggestion } from './nearest';
import type { Problem } from './problem';
import { formatRenamedKey, renamedKeyAt, type RenamedKey } from './schema/former';
import {
  alternativesAt,
  keysAt,
  wordsAt,
  type DeclarationKind,
  type Path,
  type SchemaNode,
} from './schema/json-schema';
import { laterAuthors, laterKeys } from './schema/later';
import { allowedAt, foundWords, pathWords } from './schema/words';
import type { ProblemFacts, Source } from './source';
import type { Body, Input } from './yaml/body';

type Issue = z.core.$ZodIssue;

/** What the issues of one check are read against. */
export interface Checking {
  readonly source: Source;
  readonly kind: DeclarationKind;
  readonly body: Body;
  /** The value that was checked. */
  readonly input: Input;
}

/** Problems behind zod's issues; `skip` leaves out paths that cannot be judged yet. */
export function issueProblems(
  checking: Checking,
  issues: readonly Issue[],
  skip: (path: Path) => boolean,
): Problem[] {
  return issues
    .flatMap((issue) => flatten(checking, issue, []))
    .flatMap((issue) => {
      if (issue.code === 'unrecognized_keys')
        return issue.keys.map((key) => keyProblem(checking, [...toPath(issue.path), key]));
      const path = toPath(issue.path);
      return skip(path) ? [] : [valueProblem(checking, path, issue)];
    });
}

/**
 * Of a union's branches the one that takes mappings (or lists) speaks for a mapping, so that an error inside it
 * is reported at its own key; for anything else the union speaks as a whole.
 */
function flatten(checking: Checking, issue: Issue, base: readonly PropertyKey[]): Issue[] {
  const path = [...base, ...issue.path];
  const here = { ...issue, path };
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [here];
  const value = valueAt(checking.input, toPath(path));
  if (typeof value !== 'object' || value === null) return [here];
  const inside = issue.errors.filter((branch) => branch.every((each) => isInside(each)));
  const [only] = inside;
  return only && inside.length === 1 ? only.flatMap((each) => flatten(checking, each, path)) : [here];
}

function isInside(issue: Issue): boolean {
  return issue.path.length > 0 || issue.code === 'unrecognized_keys' || issue.code === 'custom';
}

function keyProblem(checking: Checking, path: Path): Problem {
  const { source, kind, body } = checking;
  const key = String(path.at(-1));
  const later = path.length === 1 ? laterKeys[kind][key] : undefined;
  const renamed = renamedKeyAt(path);
  const place = body.place(path);
  const facts =
    renamed !== undefined
      ? formerKey(key, renamed, valueAt(checking.input, path))
      : later !== undefined
        ? notYet(key, later)
        : unknownKey(kind, path);
  return source.problem(place.key ?? place.value, facts);
}

function formerKey(key: string, renamed: RenamedKey, value: unknown): ProblemFacts {
  return {
    code: 'former_key',
    message: formatRenamedKey(key, renamed, value),
    found: key,
    allowed: [renamed.key],
    nearest: renamed.key,
  };
}

function unknownKey(kind: DeclarationKind, path: Path): ProblemFacts {
  const key = String(path.at(-1));
  const allowed = [...keysAt(kind, path.slice(0, -1)).keys()].sort();
  const close = nearest(key, allowed);
  return {
    code: 'unknown_key',
    message: `unknown key '${pathWords(path)}'${suggestion(close)}`,
    found: key,
    allowed,
    nearest: close,
  };
}

function notYet(what: string, meaning: string): ProblemFacts {
  return {
    code: 'not_available',
    message: `'${what}' (${meaning}) is not available yet; it comes in a later version`,
    found: what,
  };
}

function valueProblem(checking: Checking, path: Path, issue: Issue): Problem {
  const { source, kind, body, input } = checking;
  const value = valueAt(input, path);
  const place = body.place(path);
  const name = pathWords(path);
  if (issue.code === 'custom' && issue.message !== 'Invalid input')
    return source.problem(place.value, {
      code: 'conflict',
      message: `${name ? `${name}: ` : ''}${issue.message}`,
      found: value === undefined ? null : foundWords(value),
    });
  if (issue.code === 'invalid_key') return source.problem(place.key ?? place.value, wrongName(path));
  if (value === undefined) return source.problem(place.key ?? place.value, missing(kind, path, name));
  if (isSecret(alternativesAt(kind, path)) && typeof value === 'string')
    return source.problem(place.value, {
      code: 'literal_key',
      message: `${name}: expected ${allowedAt(kind, path)}; the text found is not repeated here`,
      allowed: [allowedAt(kind, path)],
    });
  const author = /(^|\.)author(\.kind)?$/.test(name);
  if (author && typeof value === 'string' && laterAuthors.has(value))
    return source.problem(place.value, notYet(`${name}: ${value}`, 'an author of its own'));
  return source.problem(place.value, wrongValue(kind, path, name, value));
}

/** The name of an entry that is to become a folder's, or stand in references. */
function wrongName(path: Path): ProblemFacts {
  const found = String(path.at(-1));
  const message = `${pathWords(path.slice(0, -1))}: expected ${nameWords} before the colon, found '${found}'`;
  return { code: 'wrong_value', message, found, allowed: [nameWords] };
}

function missing(kind: DeclarationKind, path: Path, name: string): ProblemFacts {
  const allowed = allowedAt(kind, path);
  return {
    code: 'missing',
    message: `'${name}' is missing: expected ${allowed}`,
    allowed: [allowed],
  };
}

function wrongValue(kind: DeclarationKind, path: Path, name: string, value: unknown): ProblemFacts {
  const found = foundWords(value);
  const allowed = allowedAt(kind, path);
  const words = wordsAt(kind, path);
  const close = typeof value === 'string' ? nearest(value, words) : null;
  return {
    code: 'wrong_value',
    message: `${name ? `${name}: ` : ''}expected ${allowed}, found ${found}${suggestion(close)}${hint(name, value)}`,
    found,
    allowed: words.length > 0 ? words : [allowed],
    nearest: close,
  };
}

/** A body that is one piece of text is mostly a line whose colon or space is missing. */
function hint(name: string, value: unknown): string {
  if (name !== '' || typeof value !== 'string') return '';
  return /^\w+:\S/.test(value) ? "; a space belongs after the ':'" : "; each line reads 'key: value'";
}

/** Where a mistake is likely to hold a key or a password. */
function isSecret(nodes: readonly SchemaNode[]): boolean {
  return nodes.some(({ format }) => format === 'variable' || format === 'address');
}

function toPath(path: readonly PropertyKey[]): Path {
  return path.map((step) => (typeof step === 'symbol' ? String(step) : step));
}

/** The value at a path of the input, `undefined` where there is none. */
function valueAt(input: Input, path: Path): unknown {
  let value: unknown = input;
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Object.getOwnPropertyDescriptor(value, step)?.value;
  }
  return value;
}
