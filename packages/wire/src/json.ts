/** JSON values, and the tolerant reading of them: a wrong type is the same as an absent field. */
import type { Json } from '@policybook/protocol';

export type { Json };

/** A JSON object. */
export type JsonObject = Readonly<Record<string, Json>>;

/** Parses text into a value whose type is known to be JSON; `undefined` where it is not JSON at all. */
export function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/**
 * Writes JSON that people are shown. A lone surrogate, which no text in UTF-8 and so no notebook can hold, is written out as
 * the six characters of its escape, such as `\ud800`.
 */
export function writeShownJson(value: unknown): string {
  const json = JSON.stringify(value);
  // Of what JSON.stringify escapes only lone surrogates begin so.
  if (!json.includes('\\ud')) return json;
  return json.replaceAll(/\\(?:u(d[89a-f][0-9a-f]{2})|.)/gu, (escape, surrogate?: string) =>
    surrogate === undefined ? escape : `\\\\u${surrogate}`,
  );
}

/** Whether the value is there and an object. */
export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether the value is there and an array. */
export function isJsonArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** The value where it is an object, and `otherwise` where it is not. */
export const readObjectOr = (value: Json | undefined, otherwise: JsonObject): JsonObject =>
  isJsonObject(value) ? value : otherwise;

/** The value where it is a string, and `otherwise` where it is not. */
export const readStringOr = <T>(value: Json | undefined, otherwise: T): string | T =>
  typeof value === 'string' ? value : otherwise;

/** The value where it is a boolean, and `otherwise` where it is not. */
export const readBooleanOr = (value: Json | undefined, otherwise: boolean): boolean =>
  typeof value === 'boolean' ? value : otherwise;

/** The value where it is a number, and `otherwise` where it is not. */
export const readNumberOr = <T>(value: Json | undefined, otherwise: T): number | T =>
  typeof value === 'number' ? value : otherwise;
