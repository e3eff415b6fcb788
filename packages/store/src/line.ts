/**
 * A line of a record, `events.jsonl` of a run or `comparison.jsonl`: `{"event":…,"meta":…,"chain":"…"}`.
 *
 * `chain` is the SHA-256 (hexadecimal) of the previous line's chain followed by this line's text up to `,"chain"`;
 * before the first line it is empty. It is taken over text, so that any language can check it without agreeing on
 * how numbers are written. It detects corruption; whoever edits on purpose can compute it anew.
 */
import { hash } from 'node:crypto';
import { jailLevel, type Json } from '@policybook/protocol';
import { canonicalJson, type Clocks } from '@policybook/engine';
import { z } from 'zod';

const json: z.ZodType<Json> = z.json();

const lineMeta = z.looseObject({
  /** UTC, ISO 8601. */
  at: z.string(),
  elapsed: z.number(),
  cpu: z.number(),
  /** The lowest level of the jail at which policies ran for this event. */
  level: jailLevel.optional(),
  /** Candidate -> CPU milliseconds of its slowest step, of those that came near the limit for this event. */
  slowestSteps: z.record(z.string(), z.number()).optional(),
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
export interface LineFormat<E> {
  /** The whole line by its schema; `null` where it fits, else what does not. */
  mismatch(line: unknown): string | null;
  /** Where a line is checked by its schema: at once for `each`, else the first of its type, as a record is one version's. */
  readonly checked: 'each' | 'first of a type';
  /** Never called; ties the format to its events. */
  readonly event?: E;
}

/** Of a whole line. */
export function lineSchema<E>(event: z.ZodType<E>) {
  return z.object({ event, meta: lineMeta, chain: z.string().regex(/^[0-9a-f]{64}$/) });
}

export function lineFormat<E>(
  event: z.ZodType<E>,
  checked: LineFormat<E>['checked'] = 'each',
): LineFormat<E> {
  const schema = lineSchema(event);
  return {
    checked,
    mismatch: (value) => {
      const parsed = schema.safeParse(value);
      return parsed.success ? null : z.prettifyError(parsed.error);
    },
  };
}

/** `measured`: what clocks said of the event's own subject, e.g. how long a policy takes to decide. */
export function metaOf(clocks: Clocks & { readonly measured?: Json }, at: Date, resumed: boolean): LineMeta {
  const rounded = (seconds: number) => Math.round(seconds * 1000) / 1000;
  return {
    at: at.toISOString(),
    elapsed: rounded(clocks.elapsed),
    cpu: rounded(clocks.cpu),
    ...(clocks.level !== undefined && { level: clocks.level }),
    ...(clocks.slowestSteps !== undefined && { slowestSteps: clocks.slowestSteps }),
    ...(clocks.measured !== undefined && { measured: clocks.measured }),
    ...(resumed && { resumed }),
  };
}

/** Text of a line, its end included, and its chain. */
export function writeLine(previous: string, event: object, meta: LineMeta): { text: string; chain: string } {
  const body = `{"event":${canonicalJson(event)},"meta":${canonicalJson(meta)}`;
  const chain = chainOf(previous, Buffer.from(body));
  return { text: `${body},"chain":"${chain}"}\n`, chain };
}

export type ReadLine<E> =
  | { readonly ok: true; readonly recorded: RecordedEvent<E> }
  /** `unfinished`: not even JSON, as a write cut short leaves it. */
  | { readonly ok: false; readonly unfinished: boolean; readonly reason: string };

/** Bytes of `,"chain":"…"}`, which a chain is not taken over. */
const tailLength = 10 + 64 + 2;

/**
 * Reads the lines of one record, in their order. A line whose chain fits is the very text that was written, so that
 * most lines of a long record need no check by a schema beside it: it took half of the time.
 */
export class LineReader<E> {
  private chain = '';
  private readonly known = new Set<unknown>();

  constructor(private readonly format: LineFormat<E>) {}

  /** `line`: without its end. Where it does not fit, nothing is taken from it. */
  read(line: Buffer): ReadLine<E> {
    const value = parsed(line);
    if (value === undefined) return { ok: false, unfinished: true, reason: 'it is not JSON' };
    const chain = chainOf(this.chain, line.subarray(0, -tailLength));
    if (member(value, 'chain') !== chain) {
      return {
        ok: false,
        unfinished: false,
        reason: 'its chain does not fit: it, or a line before it, was changed',
      };
    }
    const reason = this.mismatch(value);
    if (reason !== null) return { ok: false, unfinished: false, reason };
    this.chain = chain;
    // What the schema let pass, or the very text of a kernel that wrote others of this type by the same schema.
    return { ok: true, recorded: value as RecordedEvent<E> };
  }

  private mismatch(value: unknown): string | null {
    const type = member(member(value, 'event'), 'type');
    if (this.format.checked !== 'each' && this.known.has(type)) return null;
    const reason = this.format.mismatch(value);
    if (reason === null) this.known.add(type);
    return reason;
  }
}

function member(value: unknown, key: 'event' | 'type' | 'chain'): unknown {
  return typeof value === 'object' && value !== null && key in value
    ? (value as Partial<Record<typeof key, unknown>>)[key]
    : undefined;
}

function parsed(line: Buffer): unknown {
  try {
    return JSON.parse(line.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** Grows with the longest line; a buffer of its own for each was a good part of the time. */
let scratch = Buffer.alloc(1 << 16);

function chainOf(previous: string, body: Buffer): string {
  const length = previous.length + body.length;
  if (scratch.length < length) scratch = Buffer.alloc(2 * length);
  scratch.write(previous, 0, 'latin1');
  body.copy(scratch, previous.length);
  return hash('sha256', scratch.subarray(0, length), 'hex');
}
