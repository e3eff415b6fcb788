/** Reading a record, `events.jsonl` or another of the same lines: the events, what of its end was cut short, and where it is broken. */
import { open, readFile, writeFile } from 'node:fs/promises';
import { runEvent, type Clocks, type RunEvent } from '@policybook/engine';
import { lineFormat, readLine, type LineFormat, type RecordedEvent } from './line';

export interface Recording<E> {
  /** Up to the broken line, if there is one. */
  readonly lines: readonly RecordedEvent<E>[];
  /** Bytes of whole lines. */
  readonly size: number;
  /** What follows them: the rest of a write that was cut short. */
  readonly torn: Buffer;
  /** The last line is whole but for its end. */
  readonly endless: boolean;
  readonly broken: { readonly line: number; readonly reason: string } | null;
}

/** A run's. */
export type RunRecord = Recording<RunEvent>;

const runLines = lineFormat(runEvent);

export function readRecord(path: string): Promise<RunRecord> {
  return readRecordOf(path, runLines);
}

export async function readRecordOf<E>(path: string, format: LineFormat<E>): Promise<Recording<E>> {
  const bytes = await readFile(path);
  const lines: RecordedEvent<E>[] = [];
  let start = 0;
  let chain = '';
  while (start < bytes.length) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline === -1 ? bytes.length : newline;
    const next = Math.min(end + 1, bytes.length);
    const read = readLine(chain, bytes.toString('utf8', start, end), format);
    if (!read.ok) {
      const last = next === bytes.length;
      const torn = last && read.unfinished;
      const broken = torn ? null : { line: lines.length + 1, reason: read.reason };
      return {
        lines,
        size: start,
        torn: torn ? bytes.subarray(start) : Buffer.alloc(0),
        endless: false,
        broken,
      };
    }
    lines.push(read.recorded);
    chain = read.recorded.chain;
    start = next;
  }
  const endless = bytes.length > 0 && bytes.at(-1) !== 0x0a;
  return { lines, size: bytes.length, torn: Buffer.alloc(0), endless, broken: null };
}

export function eventsOf<E>(record: Recording<E>): E[] {
  return record.lines.map((line) => line.event);
}

/** Clocks beside the last event, and the lowest level of the jail beside any. */
export function clocksOf(record: Recording<unknown>): Clocks {
  const last = record.lines.at(-1);
  const levels = record.lines.flatMap(({ meta }) => (meta.level === undefined ? [] : [meta.level]));
  return {
    elapsed: last?.meta.elapsed ?? 0,
    cpu: last?.meta.cpu ?? 0,
    ...(levels.length > 0 && { level: Math.min(...levels) }),
  };
}

/**
 * Makes a record's end one that can be appended to; returns what was done, for people, or `null`. The torn bytes
 * are kept beside it, because what a broken disk leaves is for people to look at.
 */
export async function repairEnd(path: string, record: Recording<unknown>): Promise<string | null> {
  if (record.torn.length === 0 && !record.endless) return null;
  const file = await open(path, 'r+');
  try {
    if (record.endless) {
      await file.write('\n', record.size);
      await file.sync();
      return null;
    }
    const kept = `${path}.torn-${record.lines.length + 1}`;
    await writeFile(kept, record.torn);
    await file.truncate(record.size);
    await file.sync();
    return `line ${record.lines.length + 1} was cut short (${record.torn.length} bytes, kept in ${kept}); the record goes on before it`;
  } finally {
    await file.close();
  }
}
