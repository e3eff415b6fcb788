/** Keeps a key out of everything that is shown or written. */
import type { Json } from '@policybook/protocol';
import { mapTexts } from './map-texts';

/** Shorter values are placeholders for servers that want no key; starring them out would only mangle text. */
const MIN_SECRET_LENGTH = 6;

/** What does not show between two letters, and what texts are freed of before people or models read them. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;

/** A key, and texts without it. */
export class Secret {
  /** The key, and the other spellings that it can travel in; empty for a placeholder. */
  private readonly spellings: readonly string[];

  /** `value` is the key itself. */
  constructor(readonly value: string) {
    const key = removeUnseen(value);
    const others = [
      encodeURIComponent(value),
      JSON.stringify(value).slice(1, -1),
      Buffer.from(value).toString('base64'),
    ];
    this.spellings = key.length < MIN_SECRET_LENGTH ? [] : [key, ...others.map(removeUnseen)];
  }

  /** The text without the key, whatever stands unseen between its letters. */
  redact(text: string): string {
    const seen = removeUnseen(text);
    return this.spellings.some((spelling) => seen.includes(spelling))
      ? this.spellings.reduce(redactSpelling, text)
      : text;
  }

  /** The beginning of a text of which more comes, without the key and without what may turn out to be its beginning. */
  redactBeginning(text: string): string {
    const redacted = this.redact(text);
    const [key = ''] = this.spellings;
    const seen = removeUnseen(redacted);
    for (let length = Math.min(key.length - 1, seen.length); length > 0; length--)
      if (seen.endsWith(key.slice(0, length)))
        return redacted.slice(0, takeApart(redacted).places[seen.length - length]);
    return redacted;
  }

  /** The value with every text in it redacted, keys of objects included. */
  redactJson(value: Json): Json {
    return mapTexts(value, (text) => this.redact(text));
  }
}

function removeUnseen(text: string): string {
  return text.replace(UNSEEN, '');
}

function redactSpelling(text: string, spelling: string): string {
  const { seen, places } = takeApart(text);
  let redacted = '';
  let from = 0;
  for (let start = seen.indexOf(spelling); start !== -1; start = seen.indexOf(spelling, start)) {
    redacted += `${text.slice(from, places[start])}[key]`;
    start += spelling.length;
    from = (places[start - 1] ?? text.length) + 1;
  }
  return redacted + text.slice(from);
}

/** Returns a text without what does not show, and the place in it of each unit that is left. */
function takeApart(text: string): { readonly seen: string; readonly places: readonly number[] } {
  const places: number[] = [];
  let seen = '';
  let place = 0;
  for (const letter of text) {
    if (removeUnseen(letter) !== '') {
      for (let unit = 0; unit < letter.length; unit++) places.push(place + unit);
      seen += letter;
    }
    place += letter.length;
  }
  return { seen, places };
}
