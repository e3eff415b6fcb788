/** What `%audit` shows: the audit just made, and every audit of the run, so that none can be picked. */
import type { Audit } from '@policybook/engine';
import { againstWords, believedWords, caveatWords, freshScoreWords } from './audit-words';
import type { MimeBundle } from './mime-bundle';
import { countWords, curseWords, plural } from './numbers';
import { markdownText } from './safe-text';
import { referenceOf } from './standing';
import { alignedTable, markdownTable } from './text-table';

const head = ['audit', 'policy', 'fresh score', 'believed'];

/** `audits`: all of the run, the latest last. `run` is the name the user calls it by now. */
export function auditBundle(run: string, audits: readonly Audit[]): MimeBundle {
  const latest = audits.at(-1);
  if (latest === undefined) return { 'text/plain': `${run} has no audit yet.` };
  const reference = referenceOf(run, latest.candidate);
  const score = freshScoreWords(latest);
  const notes = notesOf(run, latest);
  const rows = audits.length < 2 ? [] : audits.map((audit) => cells(run, audit));
  return {
    'text/markdown': [
      `**${markdownText(reference)}: ${markdownText(score)}**`,
      notes.map((note) => `- ${markdownText(note, 240)}`).join('\n'),
      ...(rows.length === 0 ? [] : [markdownTable(head, rows)]),
    ].join('\n\n'),
    'text/plain': [
      `${reference}: ${score}`,
      ...notes.map((note) => `  ${note}`),
      ...(rows.length === 0 ? [] : ['', alignedTable(head, rows)]),
    ].join('\n'),
  };
}

/** While it is being played. */
export function auditProgress(
  reference: string,
  { done, asked }: { readonly done: number; readonly asked: number },
): MimeBundle {
  return { 'text/plain': `${reference}: ${countWords(done)} of ${plural(asked, 'fresh episode')} played` };
}

function notesOf(run: string, audit: Audit): readonly string[] {
  const { against, nonce, number } = audit;
  return [
    believedWords(audit),
    ...(against === null
      ? []
      : [`against ${referenceOf(run, against.candidate)} on the same seeds: ${againstWords(audit)}`]),
    ...caveatWords(audit),
    `nonce ${nonce}, audit ${number} of this run`,
  ];
}

function cells(run: string, audit: Audit): readonly string[] {
  const { number, candidate, score, believed } = audit;
  return [
    String(number),
    referenceOf(run, candidate),
    freshScoreWords(audit),
    believed === null ? '' : curseWords(score, believed),
  ];
}
