/** Reading a record, `events.jsonl` or another of the same lines: the events, what of its end was cut short, and where it is broken. */
import { open, readFile, writeFile } from 'node:fs/promises';
import { noticedTogether, runEvent, type Clocks, type RunEvent } from '@policybook/engine';
import type { Broken } from './broken';
import { LineReader, lineFormat, type LineFormat, type RecordedEvent } from './line';

export interface Recording<E> {
  /** Up to the broken line, if there is one. */
  readonly lines: readonly RecordedEvent<E>[];
  /** Bytes of whole lines, the last one's end aside. */
  readonly size: number;
  /** What follows them: the rest of a write that was cut short. */
  readonly torn: Buffer;
  /** The last line is whole but for its end. */
  readonly endless: boolean;
  readonly broken: Broken | null;
}

/** A run's. */
export type RunRecord = Recording<RunEvent>;

const runLines = lineFormat(runEvent, 'first of a type');

export function readRecord(path: string): Promise<RunRecord> {
  return readRecordOf(path, runLines);
}

export async function readRecordOf<E>(path: string, format: LineFormat<E>): Promise<Recording<E>> {
  const bytes = await readFile(path);
  const reader = new LineReader(format);
  const lines: RecordedEvent<E>[] = [];
  const found = (size: number, rest: Partial<Recording<E>> = {}): Recording<E> => ({
    ...{ lines, size, torn: Buffer.alloc(0), endless: false, broken: null },
    ...rest,
  });
  for (let start = 0; start < bytes.length;) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline === -1 ? bytes.length : newline;
    const line = bytes.subarray(start, end);
    const read = reader.read(line);
    if (read.ok) {
      lines.push(read.recorded);
      start = end + 1;
      if (newline === -1) return found(bytes.length, { endless: true });
    } else if (read.unfinished && wasCutShort(line, newline === -1, end + 1 >= bytes.length)) {
      const whole = newline === -1 ? wholeLine(reader, line) : null;
      if (whole === null) return found(start, { torn: bytes.subarray(start) });
      lines.push(whole.recorded);
      const size = start + whole.length;
      return found(size, { torn: bytes.subarray(size), endless: true });
    } else {
      return found(start, { broken: { line: lines.length + 1, reason: read.reason } });
    }
  }
  return found(bytes.length);
}

/** A last line without an end, or filled with zeros, as a file system leaves one whose bytes never came. */
function wasCutShort(line: Buffer, endless: boolean, last: boolean): boolean {
  return endless || (last && line.includes(0));
}

/** A whole line at the beginning of one whose end was damaged: what was acknowledged is kept. */
function wholeLine<E>(
  reader: LineReader<E>,
  line: Buffer,
): { readonly recorded: RecordedEvent<E>; readonly length: number } | null {
  const length = line.lastIndexOf('"}') + 2;
  if (length < 2 || length === line.length) return null;
  const read = reader.read(line.subarray(0, length));
  return read.ok ? { recorded: read.recorded, length } : null;
}

export function eventsOf<E>(record: Recording<E>): E[] {
  return record.lines.map((line) => line.event);
}

/** Clocks beside the last event, and what was noticed beside any. */
export function clocksOf(record: Recording<unknown>): Clocks {
  const last = record.lines.at(-1);
  return {
    elapsed: last?.meta.elapsed ?? 0,
    cpu: last?.meta.cpu ?? 0,
    ...noticedTogether(record.lines.map(({ meta }) => meta)),
  };
}

/**
 * Makes a record's end one that can be appended to; returns what was done, for people, or `null`. The torn bytes
 * are kept beside it, because what a broken disk leaves is for people to look at.
 */
export async function repairEnd(path: string, record: Recording<unknown>): Promise<string | null> {
  const { torn, endless, size, lines } = record;
  if (torn.length === 0 && !endless) return null;
  const line = lines.length + (endless ? 0 : 1);
  const kept = `${path}.torn-${line}`;
  if (torn.length > 0) await writeFile(kept, torn);
  const file = await open(path, 'r+');
  try {
    await file.truncate(size);
    if (endless) await file.write('\n', size);
    await file.sync();
  } finally {
    await file.close();
  }
  if (torn.length === 0) return null;
  const what = endless ? `the end of line ${line} was damaged` : `line ${line} was cut short`;
  const goesOn = endless ? 'after' : 'before';
  return `${what} (${torn.length} bytes, kept in ${kept}); the record goes on ${goesOn} it`;
}
