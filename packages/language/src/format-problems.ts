/** Problems as plain text: each with its line of the cell and a caret underneath. */
import type { Problem } from './problem';
import { Source } from './source';

/** The `ename` under which a kernel reports problems. */
export const declarationErrorName = 'DeclarationError';

/** Every problem in order, separated by blank lines; plain text without escape codes. */
export function formatProblems(code: string, problems: readonly Problem[]): string {
  const source = new Source(code);
  return problems
    .map((problem) =>
      formatProblem(withoutSecrets(source.line(problem.line), problem.line, problems), problem),
    )
    .join('\n\n');
}

/** Most providers' keys look so; one that was pasted under any name is not shown again. */
const pastedKey = /\bsk-[\w-]{8,}/g;

/** The line with keys starred out: they stand in the cell already, but must not travel on into saved outputs. */
function withoutSecrets(line: string, number: number, problems: readonly Problem[]): string {
  const secret = problems.filter((problem) => problem.code === 'literal_key' && problem.line === number);
  const starred = secret.reduce(
    (text, { column, endColumn }) =>
      text.slice(0, column - 1) + '*'.repeat(endColumn - column) + text.slice(endColumn - 1),
    line,
  );
  return starred.replace(pastedKey, (key) => '*'.repeat(key.length));
}

function formatProblem(text: string, problem: Problem): string {
  const start = problem.column - 1;
  const end = Math.min(problem.endColumn - 1, start + longest);
  const marked = text.slice(start, end);
  const before = start > longest ? `…${text.slice(start - longest, start)}` : text.slice(0, start);
  const after = text.length > end + longest ? `${text.slice(end, end + longest)}…` : text.slice(end);
  const lines = [
    `line ${problem.line}, column ${problem.column}: ${problem.message}`,
    `    ${before}${marked}${after}`.trimEnd(),
    `    ${blank(before)}${'^'.repeat(Math.max(1, blank(marked).length))}`,
  ];
  if (problem.allowed.length > 1 && !problem.message.includes(problem.allowed.join(', ')))
    lines.push(...wrap(`allowed: ${problem.allowed.join(', ')}`));
  return lines.join('\n');
}

/** Most characters of a line that are shown on either side of a problem, and of the problem itself. */
const longest = 80;

/** As many columns of white space as the text takes in a monospaced font. */
function blank(text: string): string {
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

function wrap(text: string): string[] {
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
