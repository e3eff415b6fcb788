/** Two policies compared: payload and bundle of the diff view. */
import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff';
import { diffRows } from './diff-rows';
import type { MimeBundle } from './mime-bundle';
import { plural, scoreWords } from './numbers';
import { diffMime, type DiffPayload, type ScoreText } from './payloads';
import { fenced, markdownText, oneLine, withoutControls } from './safe-text';

/** One side of a diff: a policy's reference, its text, and its score where known. */
export interface DiffSide {
  readonly reference: string;
  readonly source: string;
  readonly score: ScoreText | null;
}

/** Unified diff with three lines of context; the texts as they are but for control characters. */
export function diffPayload(before: DiffSide, after: DiffSide): DiffPayload {
  const [old, fresh] = [sideOf(before), sideOf(after)];
  const unified = createTwoFilesPatch(
    old.reference,
    fresh.reference,
    old.source,
    fresh.source,
    undefined,
    undefined,
    { context: 3, headerOptions: FILE_HEADERS_ONLY },
  );
  const rows = diffRows(unified);
  return {
    version: 1,
    before: old,
    after: fresh,
    unified,
    added: rows.filter(({ kind }) => kind === 'added').length,
    removed: rows.filter(({ kind }) => kind === 'removed').length,
  };
}

export function diffBundle(before: DiffSide, after: DiffSide): MimeBundle {
  const payload = diffPayload(before, after);
  return {
    [diffMime]: payload,
    'text/markdown': diffMarkdown(payload),
    'text/plain': `${sideWords(payload.before)}\n${sideWords(payload.after)}\n${changeWords(payload)}\n\n${payload.unified}`,
  };
}

/** "12 lines added, 3 lines removed"; "no difference" */
export function changeWords({ added, removed }: DiffPayload): string {
  if (added === 0 && removed === 0) return 'no difference';
  return `${plural(added, 'line')} added, ${plural(removed, 'line')} removed`;
}

function diffMarkdown(payload: DiffPayload): string {
  const { before, after, unified } = payload;
  const title = `**${markdownText(before.reference)} → ${markdownText(after.reference)}** (${changeWords(payload)})`;
  const scores = [before, after].flatMap(({ reference, score }) =>
    score ? [`- ${markdownText(reference)}: ${scoreWords(score)}`] : [],
  );
  return [title, ...(scores.length > 0 ? [scores.join('\n')] : []), fenced('diff', unified)].join('\n\n');
}

function sideOf({ reference, source, score }: DiffSide): DiffSide {
  return { reference: oneLine(reference, 120), source: withoutControls(source), score };
}

function sideWords({ reference, score }: DiffSide): string {
  return score ? `${reference}: ${scoreWords(score)}` : reference;
}
