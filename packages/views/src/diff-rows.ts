/** A unified diff as rows with line numbers, and with what changed inside a line that was replaced. */
import { diffArrays, parsePatch } from 'diff';

/** A stretch of a line; `changed` where the replaced line differs. */
export interface DiffSpan {
  readonly text: string;
  readonly changed: boolean;
}

export interface DiffRow {
  readonly kind: 'same' | 'added' | 'removed' | 'gap';
  /** Line numbers from 1 in the old and the new text, `null` where the line is not there. */
  readonly before: number | null;
  readonly after: number | null;
  readonly spans: readonly DiffSpan[];
}

/** Throws on text that is no unified diff. A `gap` row stands between hunks and tells its place. */
export function diffRows(unified: string): readonly DiffRow[] {
  return parsePatch(unified).flatMap(({ hunks }) =>
    hunks.flatMap((hunk, index) => {
      const header = `@@ -${hunk.oldStart},${hunk.oldLines} +${hunk.newStart},${hunk.newLines} @@`;
      const rows = withSpans(numbered(hunk.lines, hunk.oldStart, hunk.newStart));
      return index === 0 ? rows : [whole('gap', null, null, header), ...rows];
    }),
  );
}

function numbered(lines: readonly string[], oldStart: number, newStart: number): DiffRow[] {
  let before = oldStart;
  let after = newStart;
  return lines.flatMap((line) => {
    const text = line.slice(1);
    switch (line[0]) {
      case '+':
        return [whole('added', null, after++, text)];
      case '-':
        return [whole('removed', before++, null, text)];
      case ' ':
        return [whole('same', before++, after++, text)];
      default:
        return []; // "\ No newline at end of file"
    }
  });
}

/** Pairs removed lines with the added ones that follow at once, when there are as many of both. */
function withSpans(rows: readonly DiffRow[]): readonly DiffRow[] {
  const result = [...rows];
  for (let start = 0; start < rows.length; start += 1) {
    if (rows[start]?.kind !== 'removed') continue;
    const removed = runLength(rows, start, 'removed');
    const added = runLength(rows, start + removed, 'added');
    for (let offset = 0; removed === added && offset < removed; offset += 1) {
      const [old, fresh] = [rows[start + offset], rows[start + removed + offset]];
      if (!old || !fresh) continue;
      const [oldSpans, freshSpans] = replacedSpans(textOf(old), textOf(fresh));
      result[start + offset] = { ...old, spans: oldSpans };
      result[start + removed + offset] = { ...fresh, spans: freshSpans };
    }
    start += removed + added - 1;
  }
  return result;
}

function runLength(rows: readonly DiffRow[], start: number, kind: DiffRow['kind']): number {
  const end = rows.findIndex((row, index) => index >= start && row.kind !== kind);
  return (end === -1 ? rows.length : end) - start;
}

/** Lines that share too little are shown whole: marks everywhere mark nothing. */
function replacedSpans(old: string, fresh: string): [readonly DiffSpan[], readonly DiffSpan[]] {
  const parts = diffArrays(tokens(old), tokens(fresh)).map((part) => ({
    ...part,
    value: part.value.join(''),
  }));
  const kept = parts.reduce(
    (sum, part) => sum + (part.added || part.removed ? 0 : part.value.trim().length),
    0,
  );
  if (2 * kept < Math.max(old.trim().length, fresh.trim().length)) {
    return [[{ text: old, changed: false }], [{ text: fresh, changed: false }]];
  }
  return [
    parts.filter(({ added }) => !added).map(({ value, removed }) => ({ text: value, changed: removed })),
    parts.filter(({ removed }) => !removed).map(({ value, added }) => ({ text: value, changed: added })),
  ];
}

/** Names, whole numbers and strings of blanks stay together: 0.42 is replaced, not its digits. */
function tokens(line: string): string[] {
  return line.match(/[\p{L}_][\p{L}\p{N}_]*|\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\s+|./gu) ?? [];
}

function whole(kind: DiffRow['kind'], before: number | null, after: number | null, text: string): DiffRow {
  return { kind, before, after, spans: [{ text, changed: false }] };
}

function textOf({ spans }: DiffRow): string {
  return spans.map(({ text }) => text).join('');
}
