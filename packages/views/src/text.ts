/**
 * Text that others wrote (labels, ideas, messages, environment ids), made safe for the place where it is shown, and tables
 * of such texts. Nothing here trusts an author: a label may hold HTML, Markdown, ANSI codes or bidirectional overrides.
 */

// eslint-disable-next-line no-control-regex -- an ANSI sequence begins with the escape character
const ANSI_SEQUENCE = /\u001b\[[0-9;?]*[ -/]*[@-~]/g;
const CONTROL_CHARACTER = /\p{Cc}|\p{Bidi_Control}/gu;

/** Most characters of advice and messages: what a person is to act on is never cut, and only a text without end is. */
export const MAX_MESSAGE_CHARACTERS = 4000;

/** Makes one line without control characters, cut at `most` characters. */
export function toOneLine(text: string, most = 160): string {
  const line = dropControls(text).replace(/\s+/g, ' ').trim();
  return line.length <= most ? line : `${line.slice(0, most - 1).trimEnd()}…`;
}

/** Drops control characters, ANSI colours included; lines and tabs stay. */
export function dropControls(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replace(ANSI_SEQUENCE, '')
    .replace(CONTROL_CHARACTER, (mark) => (mark === '\n' || mark === '\t' ? mark : ''));
}

/**
 * Escapes text for Plotly's labels and hovers, which take a subset of HTML and, where MathJax is loaded, TeX between dollar
 * signs: both are turned into entities, which Plotly decodes after it has looked for tags.
 */
export function escapePlotly(text: string, most = 160): string {
  return toOneLine(text, most)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('$', '&#36;');
}

/** Escapes text for a line of Markdown or a cell of its tables: everything that could be markup. */
export function escapeMarkdown(text: string, most = 160): string {
  return toOneLine(text, most).replace(/[\\`*_[\]<>#|~$&]/g, (mark) => (mark === '<' ? '&lt;' : `\\${mark}`));
}

/** Makes a fenced block of Markdown that its content cannot close. */
export function fenceCode(language: string, content: string): string {
  const longest = Math.max(2, ...(content.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${content.replace(/\n$/, '')}\n${fence}`;
}

/** Formats a table of GitHub's Markdown; every cell is escaped. */
export function formatMarkdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const formatLine = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => escapeMarkdown(cell)).join(' | ')} |`;
  return [formatLine(head), `|${head.map(() => ' --- |').join('')}`, ...rows.map(formatLine)].join('\n');
}

/** Formats a table with columns padded to their widest cell, two blanks apart. */
export function formatAlignedTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((cells) => cells[column]?.length ?? 0)));
  return all
    .map((cells) =>
      cells
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
