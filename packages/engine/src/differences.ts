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
  if (isList(before) && isList(after) && before.length === after.length) {
    return after.flatMap((now, index) =>
      findDifferences(before[index], now, `${path}[${readName(now) ?? index}]`),
    );
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

/** Members of a list of mappings are known by their names, where they have one. */
function readName(value: unknown): string | null {
  const name = isRecord(value) ? value['name'] : null;
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
