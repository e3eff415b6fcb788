/**
 * A line of a record, `events.jsonl` of a run or `comparison.jsonl`: `{"event":…,"meta":…,"chain":"…"}`.
 *
 * `chain` is the SHA-256 (hexadecimal) of the previous line's chain followed by this line's text up to `,"chain"`;
 * before the first line it is empty. It is taken over text, so that any language can check it without agreeing on
 * how numbers are written. It detects corruption; whoever edits on purpose can compute it anew.
 */
import { createHash } from 'node:crypto';
import { canonicalJson, jailLevel, type Clocks, type Json } from '@policybook/engine';
import { z } from 'zod';

const json: z.ZodType<Json> = z.json();

const lineMeta = z.looseObject({
  /** UTC, ISO 8601. */
  at: z.string(),
  elapsed: z.number(),
  cpu: z.number(),
  /** The lowest level of the jail at which policies ran for this event. */
  level: jailLevel.optional(),
  /** The first event of a later sitting. */
  resumed: z.literal(true).optional(),
  /** What clocks said of the event's own subject. */
  measured: json.optional(),
});
export type LineMeta = z.infer<typeof lineMeta>;

export interface RecordedEvent<E> {
  readonly event: E;
  readonly meta: LineMeta;
  readonly chain: string;
}

/** Lines whose events are of one kind. */
export type LineFormat<E> = z.ZodType<RecordedEvent<E>>;

export function lineFormat<E>(event: z.ZodType<E>): LineFormat<E> {
  return z.object({ event, meta: lineMeta, chain: z.string() });
}

/** `measured`: what clocks said of the event's own subject, e.g. how long a policy takes to decide. */
export function metaOf(clocks: Clocks & { readonly measured?: Json }, at: Date, resumed: boolean): LineMeta {
  const rounded = (seconds: number) => Math.round(seconds * 1000) / 1000;
  return {
    at: at.toISOString(),
    elapsed: rounded(clocks.elapsed),
    cpu: rounded(clocks.cpu),
    ...(clocks.level !== undefined && { level: clocks.level }),
    ...(clocks.measured !== undefined && { measured: clocks.measured }),
    ...(resumed && { resumed }),
  };
}

/** Text of a line, its end included, and its chain. */
export function writeLine(previous: string, event: object, meta: LineMeta): { text: string; chain: string } {
  const body = `{"event":${canonicalJson(event)},"meta":${canonicalJson(meta)}`;
  const chain = chainOf(previous, body);
  return { text: `${body},"chain":"${chain}"}\n`, chain };
}

export type ReadLine<E> =
  | { readonly ok: true; readonly recorded: RecordedEvent<E> }
  /** `unfinished`: not even JSON, as a write cut short leaves it. */
  | { readonly ok: false; readonly unfinished: boolean; readonly reason: string };

export function readLine<E>(previous: string, text: string, format: LineFormat<E>): ReadLine<E> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { ok: false, unfinished: true, reason: 'it is not JSON' };
  }
  const parsed = format.safeParse(json);
  if (!parsed.success) return { ok: false, unfinished: false, reason: z.prettifyError(parsed.error) };
  const body = text.slice(0, text.lastIndexOf(',"chain":"'));
  if (parsed.data.chain !== chainOf(previous, body)) {
    return {
      ok: false,
      unfinished: false,
      reason: 'its chain does not fit: it, or a line before it, was changed',
    };
  }
  return { ok: true, recorded: parsed.data };
}

function chainOf(previous: string, body: string): string {
  return createHash('sha256').update(previous).update(body).digest('hex');
}
