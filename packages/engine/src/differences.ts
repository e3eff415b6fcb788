/** How two values that JSON can hold differ, for people. */
import { writeCanonicalJson } from '@policybook/protocol';

/** Lists a line for each value that differs, by its path: "budget.episodes: 3000 → 500", "returns[3]: 12.5 → 12.6". */
export function findDifferences(before: unknown, after: unknown, path = ''): string[] {
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
  return old === now ? [] : [`${path === '' ? 'the event' : path}: ${shorten(old)} → ${shorten(now)}`];
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
