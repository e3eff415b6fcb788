/**
 * A line of a record, `events.jsonl` of a run or `comparison.jsonl`: `{"event":…,"meta":…,"chain":"…"}`.
 *
 * `chain` is the SHA-256 (hexadecimal) of the previous line's chain followed by this line's text up to `,"chain"`;
 * before the first line it is empty. It is taken over text, so that any language can check it without agreeing on
 * how numbers are written. It detects corruption; somebody who edits on purpose can compute it again.
 */
import { hash } from 'node:crypto';
import { FOLDER_FORMAT, type Clocks } from '@policybook/engine';
import {
  clockReadings,
  isolationLevel,
  mapClocks,
  writeCanonicalJson,
  type Json,
} from '@policybook/protocol';
import { z } from 'zod';

const json: z.ZodType<Json> = z.json();

const lineMeta = z.looseObject({
  /** UTC, ISO 8601. */
  at: z.string(),
  ...clockReadings.shape,
  /** The lowest isolation level at which policies ran for this event. */
  isolationLevel: isolationLevel.optional(),
  /** CPU milliseconds of the slowest step by candidate, for those that came near the limit for this event. */
  slowestSteps: z.record(z.string(), z.number()).optional(),
  /** The first event of a later session. */
  resumed: z.literal(true).optional(),
  /** What clocks measured of the event's own subject. */
  measured: json.optional(),
});
/** What stands next to an event in its line: clocks and what was noticed, which no repetition compares. */
export type LineMeta = z.infer<typeof lineMeta>;

/** The clocks of a run, and what clocks measured of the event's own subject, e.g. how long a policy takes to decide. */
export type MeasuredClocks = Clocks & { readonly measured?: Json };

/** One line of a record, read. */
export interface RecordedEvent<E> {
  readonly event: E;
  readonly meta: LineMeta;
  readonly chain: string;
}

/** How the lines of one kind of record are checked, and what they add up to, of the type `S`. */
export interface LineFormat<E, S> {
  /** Checks the whole line by its schema: `null` where it fits, else what does not fit. */
  findMismatch(line: unknown): string | null;
  /** Which lines the schema checks: `each` of them, or the first of each type and set of members. */
  readonly checked: 'each' | 'first of a form';
  /** Takes the next line into the state, `null` before the first; throws where its event cannot follow on those before it. */
  advance(state: S | null, line: RecordedEvent<E>): S;
}

/** The schema of a whole line whose event has the schema `event`. */
export function createLineSchema<E>(event: z.ZodType<E>) {
  return z.object({ event, meta: lineMeta, chain: z.string().regex(/^[0-9a-f]{64}$/) });
}

/** The format of lines whose events have the schema `event`; the others as in `LineFormat`. */
export function createLineFormat<E, S>(
  event: z.ZodType<E>,
  advance: LineFormat<E, S>['advance'],
  checked: LineFormat<E, S>['checked'] = 'each',
): LineFormat<E, S> {
  const schema = createLineSchema(event);
  return {
    checked,
    advance,
    findMismatch: (value) => {
      const parsed = schema.safeParse(value);
      return parsed.success ? null : formatMismatch(value, parsed.error);
    },
  };
}

/** Says what of a line whose chain fits does not fit this version's schema: another version of policybook has written it. */
function formatMismatch(line: unknown, { issues: [issue] }: z.ZodError): string {
  const advice = 'a later version of policybook may have written it, and would open it';
  const type = findMember(findMember(line, 'event'), 'type');
  if (issue?.code === 'invalid_union' && issue.path.at(-1) === 'type')
    return typeof type === 'string'
      ? `this version knows no events of the type ${JSON.stringify(type.slice(0, 60))}; ${advice}`
      : `its event has no type; ${advice}`;
  const place = issue?.path.join('.') ?? '';
  return `it has another form than this version writes (${place}: ${issue?.message ?? 'unknown'}); ${advice}`;
}

/** What is written next to an event; `isResumed` marks the first event of a later session. Seconds to three digits. */
export function buildMeta(clocks: MeasuredClocks, at: Date, isResumed: boolean): LineMeta {
  return {
    at: at.toISOString(),
    ...mapClocks((name) => Math.round(clocks[name] * 1000) / 1000),
    ...(clocks.isolationLevel !== undefined && { isolationLevel: clocks.isolationLevel }),
    ...(clocks.slowestSteps !== undefined && { slowestSteps: clocks.slowestSteps }),
    ...(clocks.measured !== undefined && { measured: clocks.measured }),
    ...(isResumed && { resumed: isResumed }),
  };
}

/** The text of a line with its line break, and its chain; `previous` is the chain of the line before it. */
export function writeLine(previous: string, event: object, meta: LineMeta): { text: string; chain: string } {
  const body = `{"event":${writeCanonicalJson(event)},"meta":${writeCanonicalJson(meta)}`;
  const chain = computeChain(previous, Buffer.from(body));
  return { text: `${body},"chain":"${chain}"}\n`, chain };
}

/** A line, or why it is none: `no_json` is what a write that was cut short leaves. */
export type ReadLine<E> =
  | { readonly ok: true; readonly recorded: RecordedEvent<E> }
  | { readonly ok: false; readonly reason: 'no_json' | 'mismatch'; readonly message: string }
  | { readonly ok: false; readonly reason: 'other_format'; readonly format: number; readonly event: unknown };

/** Bytes of `,"chain":"…"}`, which a chain is not taken over. */
const TAIL_BYTES = 10 + 64 + 2;

/**
 * Reads the lines of one record, in their order. A line whose chain fits is the very text that was written, so that
 * most lines of a long record need no further check by a schema: it took half of the time.
 */
export class LineReader<E, S> {
  /** What the lines that were read add up to; `null` before the first. */
  state: S | null = null;
  private chain = '';
  private readonly forms = new EventForm();

  constructor(private readonly format: LineFormat<E, S>) {}

  /** Reads a line, given without its line break. Where it does not fit, nothing is taken from it. */
  read(line: Buffer): ReadLine<E> {
    const value = parseJson(line);
    if (value === undefined) return { ok: false, reason: 'no_json', message: 'it is not JSON' };
    const chain = computeChain(this.chain, line.subarray(0, -TAIL_BYTES));
    if (findMember(value, 'chain') !== chain) {
      const message = 'its chain does not fit: it, or a line before it, was changed';
      return { ok: false, reason: 'mismatch', message };
    }
    // Before the schema: an event of another format would be taken for a damaged one.
    const event = findMember(value, 'event');
    const format = this.chain === '' ? readFormat(event) : FOLDER_FORMAT;
    if (format !== FOLDER_FORMAT) return { ok: false, reason: 'other_format', format, event };
    const mismatch = this.findMismatch(value, event);
    if (mismatch !== null) return { ok: false, reason: 'mismatch', message: mismatch };
    // What the schema let pass, or the very text of a kernel that wrote others of this form by the same schema.
    const recorded = value as RecordedEvent<E>;
    try {
      this.state = this.format.advance(this.state, recorded);
    } catch (error) {
      const message = `its event does not follow on those before it: ${error instanceof Error ? error.message : 'unknown'}`;
      return { ok: false, reason: 'mismatch', message };
    }
    this.chain = chain;
    return { ok: true, recorded };
  }

  private findMismatch(line: unknown, event: unknown): string | null {
    if (this.format.checked === 'each') return this.format.findMismatch(line);
    const form = this.forms.find(event);
    if (form.isKnown) return null;
    const mismatch = this.format.findMismatch(line);
    form.isKnown = mismatch === null;
    return mismatch;
  }
}

/**
 * The type of an event and its members in their order, as a path through a tree: a long record is read without making
 * a text for each of its events.
 */
class EventForm {
  isKnown = false;
  private readonly next = new Map<string, EventForm>();

  /** The form of `event`, reached from the root of the tree. */
  find(event: unknown): EventForm {
    let form = this.follow(String(findMember(event, 'type')));
    if (typeof event === 'object' && event !== null) for (const member in event) form = form.follow(member);
    return form;
  }

  private follow(step: string): EventForm {
    const known = this.next.get(step);
    if (known !== undefined) return known;
    const form = new EventForm();
    this.next.set(step, form);
    return form;
  }
}

/** The format of the folder that a first event, or another file's content, declares; 1 where it says nothing. */
export function readFormat(declared: unknown): number {
  const format = findMember(declared, 'format');
  return typeof format === 'number' ? format : 1;
}

function findMember(value: unknown, key: 'event' | 'type' | 'chain' | 'format'): unknown {
  return typeof value === 'object' && value !== null && key in value
    ? (value as Partial<Record<typeof key, unknown>>)[key]
    : undefined;
}

function parseJson(line: Buffer): unknown {
  try {
    return JSON.parse(line.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** Grows with the longest line; a buffer of its own for each was a good part of the time. */
let scratch = Buffer.alloc(1 << 16);

function computeChain(previous: string, body: Buffer): string {
  const length = previous.length + body.length;
  if (scratch.length < length) scratch = Buffer.alloc(2 * length);
  scratch.write(previous, 0, 'latin1');
  body.copy(scratch, previous.length);
  return hash('sha256', scratch.subarray(0, length), 'hex');
}
