/** How two settings differ, for people. */
import { canonicalJson } from '@policybook/engine';

/** A line for each differing leaf, by its path: "budget.episodes: 3000 → 500". */
export function differences(before: unknown, after: unknown, path = ''): string[] {
  if (isRecord(before) && isRecord(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((key) => differences(before[key], after[key], path === '' ? key : `${path}.${key}`));
  }
  if (isListed(before) && isListed(after) && before.length === after.length)
    return after.flatMap((now, index) =>
      differences(before[index], now, `${path}[${typeof now['name'] === 'string' ? now['name'] : index}]`),
    );
  const [old, now] = [jsonOf(before), jsonOf(after)];
  return old === now ? [] : [`${path}: ${short(old)} → ${short(now)}`];
}

/** A list of mappings, whose members can be told apart. */
function isListed(value: unknown): value is readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) && value.length > 0 && value.every(isRecord);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function jsonOf(value: unknown): string {
  return value === undefined ? 'absent' : canonicalJson(value);
}

function short(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
