/** What `%doctor` shows: the evaluator's tables. */
import type { DoctorSection } from '@policybook/protocol';
import type { MimeBundle } from './mime-bundle';
import { escapeMarkdown, formatAlignedTable, formatMarkdownTable } from './text';

/** The output of `%doctor`: a table of findings for each section. */
export function buildDoctorBundle(sections: readonly DoctorSection[]): MimeBundle {
  return {
    'text/markdown': sections
      .map(({ title, head, rows }) => `**${escapeMarkdown(title)}**\n\n${formatMarkdownTable(head, rows)}`)
      .join('\n\n'),
    'text/plain': sections
      .map(({ title, head, rows }) => `${title}\n${formatAlignedTable(head, rows)}`)
      .join('\n\n'),
  };
}
