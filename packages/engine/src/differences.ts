/** How two values that JSON can hold differ, for people. */
import { writeCanonicalJson } from '@policybook/protocol';

/** A value that is another in two forms of one thing. */
export interface Difference {
  /** Where it stands: "budget.episodes", "returns[3]"; empty for the whole. */
  readonly path: string;
  /** Both values as JSON, shortened; "absent" for one that is not there. */
  readonly before: string;
  readonly after: string;
}

/** Finds each value that differs, by its path. */
export function findDifferences(before: unknown, after: unknown, path = ''): Difference[] {
  if (isList(before) && isList(after)) {
    const named = findNamedDifferences(before, after, path);
    if (named !== null) return named;
    if (before.length === after.length)
      return after.flatMap((now, index) => findDifferences(before[index], now, `${path}[${index}]`));
  }
  if (isRecord(before) && isRecord(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((key) =>
      findDifferences(before[key], after[key], path === '' ? key : `${path}.${key}`),
    );
  }
  const [old, now] = [writeJson(before), writeJson(after)];
  return old === now ? [] : [{ path, before: shorten(old), after: shorten(now) }];
}

/** Formats a difference, as "budget.episodes: 3000 → 500"; `whole` names what has no path. */
export function formatDifference({ path, before, after }: Difference, whole = 'the event'): string {
  return `${path === '' ? whole : path}: ${before} → ${after}`;
}

/** Finds what differs between lists whose members have names: which there are, in which order, and what of each; else `null`. */
function findNamedDifferences(
  before: readonly unknown[],
  after: readonly unknown[],
  path: string,
): Difference[] | null {
  const [names, others] = [before.map(readName), after.map(readName)];
  if (before.length + after.length === 0 || [...names, ...others].includes(null)) return null;
  if (new Set(names).size < names.length || new Set(others).size < others.length) return null;
  const members = after.flatMap((now, index) => {
    const place = names.indexOf(others[index] ?? null);
    return place === -1 ? [] : findDifferences(before[place], now, `${path}[${others[index] ?? index}]`);
  });
  return [...findDifferences(names.join(', '), others.join(', '), path), ...members];
}

/** Members of a list of mappings are known by their names, or by what they refer to. */
function readName(value: unknown): string | null {
  const name = isRecord(value) ? (value['name'] ?? value['reference']) : null;
  return typeof name === 'string' ? name : null;
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function writeJson(value: unknown): string {
  return value === undefined ? 'absent' : writeCanonicalJson(value);
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
