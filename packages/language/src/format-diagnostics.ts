/** Diagnostics as plain text: each with its line of the cell and a caret underneath. */
import type { Diagnostic } from './diagnostic';
import { Source } from './source';

/** The `ename` under which a kernel reports diagnostics. */
export const DECLARATION_ERROR_NAME = 'DeclarationError';

/** Every diagnostic in order, separated by blank lines; plain text without escape codes. */
export function formatDiagnostics(code: string, diagnostics: readonly Diagnostic[]): string {
  const source = new Source(code);
  return diagnostics
    .map((diagnostic) =>
      formatDiagnostic(
        hideSecrets(source.readLine(diagnostic.line), diagnostic.line, diagnostics),
        diagnostic,
      ),
    )
    .join('\n\n');
}

/** Most providers' keys look so; one that was pasted under any name is not shown again. */
const PASTED_KEY = /\bsk-[\w-]{8,}/g;

/** The line with keys starred out: they stand in the cell already, but must not travel on into saved outputs. */
function hideSecrets(line: string, number: number, diagnostics: readonly Diagnostic[]): string {
  const secret = diagnostics.filter(
    (diagnostic) => diagnostic.code === 'literal_key' && diagnostic.line === number,
  );
  const starred = secret.reduce(
    (text, { column, endColumn }) =>
      text.slice(0, column - 1) + '*'.repeat(endColumn - column) + text.slice(endColumn - 1),
    line,
  );
  return starred.replace(PASTED_KEY, (key) => '*'.repeat(key.length));
}

function formatDiagnostic(text: string, diagnostic: Diagnostic): string {
  const start = diagnostic.column - 1;
  const end = Math.min(diagnostic.endColumn - 1, start + MAX_SHOWN_CHARACTERS);
  const marked = text.slice(start, end);
  const before =
    start > MAX_SHOWN_CHARACTERS
      ? `…${text.slice(start - MAX_SHOWN_CHARACTERS, start)}`
      : text.slice(0, start);
  const after =
    text.length > end + MAX_SHOWN_CHARACTERS
      ? `${text.slice(end, end + MAX_SHOWN_CHARACTERS)}…`
      : text.slice(end);
  const lines = [
    `line ${diagnostic.line}, column ${diagnostic.column}: ${diagnostic.message}`,
    `    ${before}${marked}${after}`.trimEnd(),
    `    ${padWithBlanks(before)}${'^'.repeat(Math.max(1, padWithBlanks(marked).length))}`,
  ];
  if (diagnostic.allowed.length > 1 && !diagnostic.message.includes(diagnostic.allowed.join(', ')))
    lines.push(...wrapLines(`allowed: ${diagnostic.allowed.join(', ')}`));
  return lines.join('\n');
}

/** Most characters of a line that are shown on either side of a diagnostic, and of the diagnostic itself. */
const MAX_SHOWN_CHARACTERS = 80;

/** As many columns of white space as the text takes in a monospaced font. */
function padWithBlanks(text: string): string {
  return Array.from(text, (character) => {
    if (character === '\t') return '\t';
    if (/^[\p{Mn}\p{Cf}]$/u.test(character)) return '';
    return /^[\p{Emoji_Presentation}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]$/u.test(
      character,
    )
      ? '  '
      : ' ';
  }).join('');
}

function wrapLines(text: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line && line.length + word.length > 100) {
      lines.push(line);
      line = `    ${word}`;
    } else line = line ? `${line} ${word}` : word;
  }
  return [...lines, line];
}
