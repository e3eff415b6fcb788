/** What `%doctor` shows: the evaluator's tables. */
import type { DoctorSection } from '@policybook/protocol';
import type { MimeBundle } from './mime-bundle';
import { markdownText } from './safe-text';
import { alignedTable, markdownTable } from './text-table';

export function doctorBundle(sections: readonly DoctorSection[]): MimeBundle {
  return {
    'text/markdown': sections
      .map(({ title, head, rows }) => `**${markdownText(title)}**\n\n${markdownTable(head, rows)}`)
      .join('\n\n'),
    'text/plain': sections
      .map(({ title, head, rows }) => `${title}\n${alignedTable(head, rows)}`)
      .join('\n\n'),
  };
}
