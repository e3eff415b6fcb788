/**
 * Text that others wrote (labels, ideas, messages, environment ids), made safe for the place where it is shown.
 * Nothing here trusts an author: a label may hold HTML, Markdown, ANSI codes or bidirectional overrides.
 */

// eslint-disable-next-line no-control-regex -- an ANSI sequence begins with the escape character
const ansi = /\u001b\[[0-9;?]*[ -/]*[@-~]/g;
const control = /\p{Cc}|\p{Bidi_Control}/gu;

/** One line without control characters, cut at `most` characters. */
export function oneLine(text: string, most = 160): string {
  const line = withoutControls(text).replace(/\s+/g, ' ').trim();
  return line.length <= most ? line : `${line.slice(0, most - 1).trimEnd()}…`;
}

/** The same lines without control characters, ANSI colours included; tabs stay. */
export function withoutControls(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replace(ansi, '')
    .replace(control, (mark) => (mark === '\n' || mark === '\t' ? mark : ''));
}

/**
 * For Plotly's labels and hovers, which take a subset of HTML and, where MathJax is loaded, TeX between dollar
 * signs: both are turned into entities, which Plotly decodes after it has looked for tags.
 */
export function plotlyText(text: string, most = 160): string {
  return oneLine(text, most)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('$', '&#36;');
}

/** For a line of Markdown or a cell of its tables: everything that could be markup is escaped. */
export function markdownText(text: string, most = 160): string {
  return oneLine(text, most).replace(/[\\`*_[\]<>#|~$&]/g, (mark) => (mark === '<' ? '&lt;' : `\\${mark}`));
}

/** A fenced block that its content cannot close. */
export function fenced(language: string, content: string): string {
  const longest = Math.max(2, ...(content.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${content.replace(/\n$/, '')}\n${fence}`;
}
