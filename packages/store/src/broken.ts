/** What there is to know and to do about a record that fails its own check. */
import { basename, dirname } from 'node:path';

/** The first line that does not fit what is before it, from 1; those before it are sound. */
export interface Broken {
  readonly line: number;
  readonly reason: string;
}

/** As it is told to people. */
export interface BrokenRecord extends Broken {
  readonly words: string;
}

export function brokenRecord(record: string, broken: Broken | null): BrokenRecord | null {
  return broken === null ? null : { ...broken, words: brokenWords(record, broken) };
}

/** What was found in the file `record`, what is kept, what can be done. */
export function brokenWords(record: string, { line, reason }: Broken): string {
  const found = `${record}, line ${line}: ${reason}.`;
  const kept = 'Nothing is written to a broken record, so nothing of it is lost.';
  const restore = 'Put the line back from a copy or from version control';
  if (line === 1) return `${found} ${kept} ${restore}, or move the folder away and run the cell again.`;
  const before = line - 1;
  const folder = basename(dirname(record));
  return [
    `${found} What stands before it is sound (${before} of its lines). ${kept}`,
    `${restore};`,
    `or keep a copy of the folder, shorten the file to its sound lines (head -n ${before}) and run the cell again, which goes on from there;`,
    `or learn anew: \`again: true\` keeps this folder as ${folder}~1.`,
  ].join(' ');
}
