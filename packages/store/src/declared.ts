/** What was declared in a folder: looked at before anything of it is opened, because the name decides nothing. */
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { orAbsent } from './files';
import { LineReader } from './line';

export type FolderKind = 'run' | 'repeated run' | 'comparison';

/** `settings`: resolved; `null` where none can be read, in an empty record or a damaged one. */
export interface Declared {
  readonly kind: FolderKind;
  readonly settings: unknown;
}

export const recordName = 'events.jsonl';
export const repeatsName = 'repeats.json';
export const comparisonName = 'comparison.jsonl';

/** `null` where the folder is nothing of ours. */
export async function declaredIn(path: string): Promise<Declared | null> {
  const run = await orAbsent(firstLine(join(path, recordName)));
  if (run !== null) return { kind: 'run', settings: settingsOf(firstEvent(run)) };
  const repeats = await orAbsent(readFile(join(path, repeatsName), 'utf8'));
  if (repeats !== null) return { kind: 'repeated run', settings: settingsOf(parsed(repeats)) };
  const comparison = await orAbsent(firstLine(join(path, comparisonName)));
  if (comparison === null) return null;
  return { kind: 'comparison', settings: settingsOf(firstEvent(comparison)) };
}

const chunk = 1 << 16;

/** Without the rest of a record, which may be long. */
async function firstLine(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const pieces: Buffer[] = [];
    for (;;) {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(chunk), 0, chunk, null);
      const piece = buffer.subarray(0, bytesRead);
      const end = piece.indexOf(0x0a);
      pieces.push(end === -1 ? piece : piece.subarray(0, end));
      if (end !== -1 || bytesRead === 0) return Buffer.concat(pieces);
    }
  } finally {
    await file.close();
  }
}

/** A damaged line declares nothing: whoever opens the record says what is wrong with it. */
function firstEvent(line: Buffer): unknown {
  const read = new LineReader({ checked: 'each', mismatch: () => null }).read(line);
  return read.ok ? read.recorded.event : null;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function settingsOf(value: unknown): unknown {
  return member(value, 'settings') ?? null;
}

function member(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.getOwnPropertyDescriptor(value, key)?.value
    : undefined;
}
