/** Keeps a key out of everything that is shown or written. */
import type { Json } from '@policybook/protocol';

/** Shorter values are placeholders for servers that want no key; starring them out would only mangle text. */
const MIN_SECRET_LENGTH = 6;

/** A key, and texts without it. */
export class Secret {
  /** `value` is the key itself. */
  constructor(readonly value: string) {}

  /** The text without the key, in the spellings that it can travel in. */
  redact(text: string): string {
    if (this.value.length < MIN_SECRET_LENGTH) return text;
    const spellings = [
      this.value,
      encodeURIComponent(this.value),
      JSON.stringify(this.value).slice(1, -1),
      Buffer.from(this.value).toString('base64'),
    ];
    return spellings.reduce((redacted, spelling) => redacted.replaceAll(spelling, '[key]'), text);
  }

  /** The beginning of a text of which more comes, without the key and without what may turn out to be its beginning. */
  redactBeginning(text: string): string {
    const redacted = this.redact(text);
    for (let length = Math.min(this.value.length - 1, redacted.length); length > 0; length--)
      if (redacted.endsWith(this.value.slice(0, length))) return redacted.slice(0, -length);
    return redacted;
  }

  /** The value with every text in it redacted, keys of objects included. */
  redactJson(value: Json): Json {
    if (typeof value === 'string') return this.redact(value);
    if (typeof value !== 'object' || value === null) return value;
    if (isList(value)) return value.map((item) => this.redactJson(item));
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [this.redact(key), this.redactJson(item)]),
    );
  }
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
