/** A body's value against its schema: zod's issues become diagnostics at the place of the key or value. */
import type { z } from 'zod';
import { NAME_FORM } from './names';
import { findNearest, formatSuggestion } from './nearest';
import type { Diagnostic } from './diagnostic';
import { formatRenamedKey, findRenamedKey, type RenamedKey } from './schema/former';
import {
  listAlternatives,
  listKeys,
  listWords,
  type DeclarationKind,
  type Path,
  type SchemaNode,
} from './schema/json-schema';
import { LATER_KEYS } from './schema/later';
import { describeAllowed, formatFound, formatPath } from './schema/describe';
import type { DiagnosticFacts, Source } from './source';
import type { YamlBody, YamlInput } from './yaml/body';

type Issue = z.core.$ZodIssue;

/** What the issues of one check are read against. */
export interface BodyCheck {
  readonly source: Source;
  readonly kind: DeclarationKind;
  readonly body: YamlBody;
  /** The value that was checked. */
  readonly input: YamlInput;
}

/** Diagnostics behind zod's issues; `skip` leaves out paths that cannot be judged yet. */
export function diagnoseIssues(
  checking: BodyCheck,
  issues: readonly Issue[],
  skip: (path: Path) => boolean,
): Diagnostic[] {
  return issues
    .flatMap((issue) => flattenIssue(checking, issue, []))
    .flatMap((issue) => {
      if (issue.code === 'unrecognized_keys')
        return issue.keys.map((key) => diagnoseKey(checking, [...toPath(issue.path), key]));
      const path = toPath(issue.path);
      return skip(path) ? [] : [diagnoseValue(checking, path, issue)];
    });
}

/**
 * Of a union's branches the one that takes mappings (or lists) speaks for a mapping, so that an error inside it
 * is reported at its own key; for anything else the union speaks as a whole.
 */
function flattenIssue(checking: BodyCheck, issue: Issue, base: readonly PropertyKey[]): Issue[] {
  const path = [...base, ...issue.path];
  const here = { ...issue, path };
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [here];
  const value = getValue(checking.input, toPath(path));
  if (typeof value !== 'object' || value === null) return [here];
  const inside = issue.errors.filter((branch) => branch.every((each) => isInside(each)));
  const [only] = inside;
  return only && inside.length === 1 ? only.flatMap((each) => flattenIssue(checking, each, path)) : [here];
}

function isInside(issue: Issue): boolean {
  return issue.path.length > 0 || issue.code === 'unrecognized_keys' || issue.code === 'custom';
}

function diagnoseKey(checking: BodyCheck, path: Path): Diagnostic {
  const { source, kind, body } = checking;
  const key = String(path.at(-1));
  const laterKeys = LATER_KEYS[kind];
  const later = path.length === 1 && Object.hasOwn(laterKeys, key) ? laterKeys[key] : undefined;
  const renamed = findRenamedKey(kind, path);
  const place = body.locate(path);
  const facts =
    renamed !== undefined
      ? describeFormerKey(key, renamed, getValue(checking.input, path))
      : later !== undefined
        ? describeLater(key, later)
        : describeUnknownKey(checking, path);
  return source.diagnose(place.key ?? place.value, facts);
}

function describeFormerKey(key: string, renamed: RenamedKey, value: unknown): DiagnosticFacts {
  return {
    code: 'former_key',
    message: formatRenamedKey(key, renamed, value),
    found: key,
    allowed: [renamed.key],
    nearest: renamed.key,
  };
}

function describeUnknownKey({ kind, input }: BodyCheck, path: Path): DiagnosticFacts {
  const key = String(path.at(-1));
  const mapping = path.slice(0, -1);
  const allowed = [...listKeys(kind, mapping, getValue(input, mapping)).keys()].sort();
  const close = findNearest(key, allowed);
  return {
    code: 'unknown_key',
    message: `unknown key '${formatPath(path)}'${formatSuggestion(close)}`,
    found: key,
    allowed,
    nearest: close,
  };
}

function describeLater(what: string, meaning: string): DiagnosticFacts {
  return {
    code: 'not_available',
    message: `'${what}' (${meaning}) is not available yet; it comes in a later version`,
    found: what,
  };
}

function diagnoseValue(checking: BodyCheck, path: Path, issue: Issue): Diagnostic {
  const { source, kind, body, input } = checking;
  const value = getValue(input, path);
  const place = body.locate(path);
  const name = formatPath(path);
  if (issue.code === 'custom' && issue.message !== 'Invalid input')
    return source.diagnose(place.value, {
      code: 'conflict',
      message: `${name ? `${name}: ` : ''}${issue.message}`,
      found: value === undefined ? null : formatFound(value),
    });
  if (issue.code === 'invalid_key') return source.diagnose(place.key ?? place.value, describeWrongName(path));
  if (value === undefined)
    return source.diagnose(place.key ?? place.value, describeMissing(kind, path, name));
  if (isSecret(listAlternatives(kind, path)) && typeof value === 'string')
    return source.diagnose(place.value, {
      code: 'literal_key',
      message: `${name}: expected ${describeAllowed(kind, path)}; the text found is not repeated here`,
      allowed: [describeAllowed(kind, path)],
    });
  const found =
    quoteNumber(source.text.slice(place.value.start, place.value.end), value) ?? formatFound(value);
  return source.diagnose(place.value, describeWrongValue(kind, path, { name, value, found }));
}

/** Quotes a number as it was written, where a number of JavaScript's would be shown as another: 9007199254740993, 1e300. */
function quoteNumber(written: string, value: unknown): string | null {
  if (typeof value !== 'number' || Math.abs(value) <= Number.MAX_SAFE_INTEGER) return null;
  return /^[-+.\w]{1,40}$/.test(written) ? written : null;
}

/** A value that does not fit: where it stands, what it is, and as what it is quoted. */
interface WrongValue {
  readonly name: string;
  readonly value: unknown;
  readonly found: string;
}

/** The name of an entry that is to become a folder's, or stand in references. */
function describeWrongName(path: Path): DiagnosticFacts {
  const found = String(path.at(-1));
  const message = `${formatPath(path.slice(0, -1))}: expected ${NAME_FORM} before the colon, found '${found}'`;
  return { code: 'wrong_value', message, found, allowed: [NAME_FORM] };
}

function describeMissing(kind: DeclarationKind, path: Path, name: string): DiagnosticFacts {
  const allowed = describeAllowed(kind, path);
  return {
    code: 'missing',
    message: `'${name}' is missing: expected ${allowed}`,
    allowed: [allowed],
  };
}

function describeWrongValue(
  kind: DeclarationKind,
  path: Path,
  { name, value, found }: WrongValue,
): DiagnosticFacts {
  const allowed = describeAllowed(kind, path, value);
  const words = listWords(kind, path);
  const close = typeof value === 'string' ? findNearest(value, words) : null;
  return {
    code: 'wrong_value',
    message: `${name ? `${name}: ` : ''}expected ${allowed}, found ${found}${formatSuggestion(close)}${formatHint(name, value)}`,
    found,
    allowed: words.length > 0 ? words : [allowed],
    nearest: close,
  };
}

/** A body that is one piece of text is mostly a line whose colon or space is missing. */
function formatHint(name: string, value: unknown): string {
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
function getValue(input: YamlInput, path: Path): unknown {
  let value: unknown = input;
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Object.getOwnPropertyDescriptor(value, step)?.value;
  }
  return value;
}
