/**
 * Writes one text for one value: keys sorted by UTF-16 code units, no white space, absent keys left out, numbers as
 * ECMAScript writes them (RFC 8785). Whatever is hashed or compared is written so.
 */
export function writeCanonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(writeCanonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const present = Object.entries(value).filter(([, item]) => item !== undefined);
  present.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${present.map(([key, item]) => `${JSON.stringify(key)}:${writeCanonicalJson(item)}`).join(',')}}`;
}
