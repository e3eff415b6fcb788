/** What `%diff` shows: two policies and the lines and words that changed between them. */
import { OMIT_HEADERS, createTwoFilesPatch, diffArrays, parsePatch } from 'diff';
// As a namespace, so that bundlers leave out what is not used.
import * as z from 'zod';
import type { Candidate, RunState } from '@policybook/engine';
import { scoreCandidate } from './champion-history';
import type { MimeBundle } from './mime-bundle';
import { formatMeasured, formatQuantity, pickScoreText } from './numbers';
import { scoreSchema, type ScoreText } from './payloads';
import { dropControls, escapeMarkdown, fenceCode, toOneLine } from './text';

/** MIME type of a diff's payload. */
export const DIFF_MIME = 'application/vnd.policybook.diff+json';

const sideSchema = z.object({
  reference: z.string(),
  source: z.string(),
  score: scoreSchema.nullable(),
  /** Whether its score is of other episodes than those by which it was chosen, which flatter it. */
  isMeasured: z.boolean().default(true),
});

/** What the renderer of a diff reads. */
export const diffPayloadSchema = z.object({
  version: z.literal(1),
  before: sideSchema,
  after: sideSchema,
  /** Unified diff, three lines of context. */
  unified: z.string(),
  added: z.int(),
  removed: z.int(),
});
/** A diff as its renderer reads it. */
export type DiffPayload = z.infer<typeof diffPayloadSchema>;

/** One side of a diff: a policy's reference, its text, and its score where known. */
export interface DiffSide {
  readonly reference: string;
  readonly source: string;
  readonly score: ScoreText | null;
  /** Whether the score is of other episodes than those by which the policy was chosen; absent for yes. */
  readonly isMeasured?: boolean;
}

/** Takes the side of a candidate, with its score as far as there is one. */
export function createCandidateSide(
  state: RunState,
  candidate: Candidate,
  { reference, source }: Pick<DiffSide, 'reference' | 'source'>,
): DiffSide {
  const scored = scoreCandidate(state, candidate);
  return scored === null
    ? { reference, source, score: null }
    : { reference, source, score: pickScoreText(scored.score), isMeasured: scored.isMeasured };
}

/** Builds a unified diff with three lines of context; control characters are left out of the texts. */
export function buildDiffPayload(before: DiffSide, after: DiffSide): DiffPayload {
  const [old, fresh] = [pickSide(before), pickSide(after)];
  const hunks = createTwoFilesPatch('', '', old.source, fresh.source, undefined, undefined, {
    context: 3,
    headerOptions: OMIT_HEADERS,
  });
  // The library writes names that are not ASCII as octal bytes in quotes, as git does.
  const unified = `--- ${old.reference}\n+++ ${fresh.reference}\n${hunks.trimStart()}`;
  const rows = readDiffRows(unified);
  return {
    version: 1,
    before: old,
    after: fresh,
    unified,
    added: rows.filter(({ kind }) => kind === 'added').length,
    removed: rows.filter(({ kind }) => kind === 'removed').length,
  };
}

/** Builds the output of `%diff`: data for the renderer, and the same as Markdown and plain text. */
export function buildDiffBundle(before: DiffSide, after: DiffSide): MimeBundle {
  const payload = buildDiffPayload(before, after);
  return {
    [DIFF_MIME]: payload,
    'text/markdown': formatDiffMarkdown(payload),
    'text/plain': `${formatSide(payload.before)}\n${formatSide(payload.after)}\n${formatChange(payload)}\n\n${payload.unified}`,
  };
}

/** Counts the lines of a diff, as "12 lines added, 3 lines removed"; "no difference" without any. */
export function formatChange({ added, removed }: DiffPayload): string {
  if (added === 0 && removed === 0) return 'no difference';
  return `${formatQuantity(added, 'line')} added, ${formatQuantity(removed, 'line')} removed`;
}

function formatDiffMarkdown(payload: DiffPayload): string {
  const { before, after, unified } = payload;
  const title = `**${escapeMarkdown(before.reference)} → ${escapeMarkdown(after.reference)}** (${formatChange(payload)})`;
  const scores = [before, after].flatMap(({ reference, score, isMeasured }) =>
    score ? [`- ${escapeMarkdown(reference)}: ${formatMeasured({ score, isMeasured })}`] : [],
  );
  return [title, ...(scores.length > 0 ? [scores.join('\n')] : []), fenceCode('diff', unified)].join('\n\n');
}

function pickSide({ reference, source, score, isMeasured = true }: DiffSide): DiffPayload['before'] {
  return { reference: toOneLine(reference, 120), source: dropControls(source), score, isMeasured };
}

function formatSide({ reference, score, isMeasured }: DiffPayload['before']): string {
  return score ? `${reference}: ${formatMeasured({ score, isMeasured })}` : reference;
}

/** A stretch of a line; `changed` where the replaced line differs. */
export interface DiffSpan {
  readonly text: string;
  readonly changed: boolean;
}

/** One line of a diff. */
export interface DiffRow {
  readonly kind: 'same' | 'added' | 'removed' | 'gap';
  /** Line numbers from 1 in the old and the new text, `null` where the line is not there. */
  readonly before: number | null;
  readonly after: number | null;
  readonly spans: readonly DiffSpan[];
}

/** Throws on text that is no unified diff. A `gap` row stands between hunks and tells its place. */
export function readDiffRows(unified: string): readonly DiffRow[] {
  return parsePatch(unified).flatMap(({ hunks }) =>
    hunks.flatMap((hunk, index) => {
      const header = `@@ -${hunk.oldStart},${hunk.oldLines} +${hunk.newStart},${hunk.newLines} @@`;
      const rows = markSpans(numberRows(hunk.lines, hunk.oldStart, hunk.newStart));
      return index === 0 ? rows : [buildWholeRow('gap', null, null, header), ...rows];
    }),
  );
}

function numberRows(lines: readonly string[], oldStart: number, newStart: number): DiffRow[] {
  let before = oldStart;
  let after = newStart;
  return lines.flatMap((line) => {
    const text = line.slice(1);
    switch (line[0]) {
      case '+':
        return [buildWholeRow('added', null, after++, text)];
      case '-':
        return [buildWholeRow('removed', before++, null, text)];
      case ' ':
        return [buildWholeRow('same', before++, after++, text)];
      default:
        return []; // "\ No newline at end of file"
    }
  });
}

/** Pairs removed lines with the added ones that follow at once, when there are as many of both. */
function markSpans(rows: readonly DiffRow[]): readonly DiffRow[] {
  const result = [...rows];
  for (let start = 0; start < rows.length; start += 1) {
    if (rows[start]?.kind !== 'removed') continue;
    const removed = countAlike(rows, start, 'removed');
    const added = countAlike(rows, start + removed, 'added');
    for (let offset = 0; removed === added && offset < removed; offset += 1) {
      const [old, fresh] = [rows[start + offset], rows[start + removed + offset]];
      if (!old || !fresh) continue;
      const [oldSpans, freshSpans] = compareLines(joinSpans(old), joinSpans(fresh));
      result[start + offset] = { ...old, spans: oldSpans };
      result[start + removed + offset] = { ...fresh, spans: freshSpans };
    }
    start += removed + added - 1;
  }
  return result;
}

function countAlike(rows: readonly DiffRow[], start: number, kind: DiffRow['kind']): number {
  const end = rows.findIndex((row, index) => index >= start && row.kind !== kind);
  return (end === -1 ? rows.length : end) - start;
}

/** Lines that share too little are shown whole: marks everywhere mark nothing. */
function compareLines(old: string, fresh: string): [readonly DiffSpan[], readonly DiffSpan[]] {
  const parts = diffArrays(splitTokens(old), splitTokens(fresh)).map((part) => ({
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
function splitTokens(line: string): string[] {
  return line.match(/[\p{L}_][\p{L}\p{N}_]*|\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\s+|./gu) ?? [];
}

function buildWholeRow(
  kind: DiffRow['kind'],
  before: number | null,
  after: number | null,
  text: string,
): DiffRow {
  return { kind, before, after, spans: [{ text, changed: false }] };
}

function joinSpans({ spans }: DiffRow): string {
  return spans.map(({ text }) => text).join('');
}
