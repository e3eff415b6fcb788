/** What `yaml` found wrong, in words for somebody who writes `key: value` lines. */
import type { YAMLError } from 'yaml';
import type { DiagnosticFacts, Range } from '../source';

interface PlacedFacts {
  readonly range: Range;
  readonly facts: DiagnosticFacts;
}

/** One syntax error of the body's text, its range in that text. */
export function diagnoseSyntaxError(error: YAMLError, text: string): PlacedFacts {
  const range = { start: error.pos[0], end: error.pos[1] };
  const found = text.slice(range.start, range.end).split('\n')[0] ?? '';
  const line = getLine(text, range.start);
  switch (error.code) {
    case 'TAB_AS_INDENT':
      return {
        range,
        facts: {
          code: 'tab',
          message: 'a tab; YAML indents with spaces',
          found: 'a tab',
          allowed: ['spaces'],
        },
      };
    case 'DUPLICATE_KEY':
      return { range: findWord(text, range.start), facts: diagnoseDuplicate(text, range.start) };
    case 'MULTIPLE_DOCS':
      return {
        range: { start: range.start, end: range.start + 3 },
        facts: {
          code: 'not_supported',
          message: 'one cell holds one document; take the --- out',
          found: '---',
        },
      };
    case 'BAD_ALIAS':
      return { range, facts: { code: 'not_supported', message: ALIAS_MESSAGE, found } };
    default:
      return (
        diagnoseMisalignment(text, range.start) ??
        diagnoseMisalignment(text, range.end) ?? {
          range,
          facts: { code: 'bad_yaml', message: formatSyntaxError(error, line), found },
        }
      );
  }
}

/** Said wherever an anchor or alias turns up. */
export const ALIAS_MESSAGE = 'anchors and aliases are not taken here; write the value out';

function formatSyntaxError(error: YAMLError, line: string): string {
  if (/:\s+!py\b/.test(line)) return 'the whole expression after !py goes into quotes: !py "…"';
  if (error.message.startsWith('Implicit map keys')) return "expected ':' and a value after the key";
  switch (error.code) {
    case 'MULTILINE_IMPLICIT_KEY':
      return "expected 'key: value' on one line";
    case 'BLOCK_AS_IMPLICIT_KEY':
      return "a second ': ' in one line; put the value in quotes, or the inner key on a line of its own";
    case 'BAD_SCALAR_START':
      return 'a value that starts with this character goes into quotes';
    case 'RESOURCE_EXHAUSTION':
      return 'nested too deeply';
    default:
      return lowerFirst(error.message.split('\n')[0] ?? error.code);
  }
}

/** A key that stands further left or right than the first one: the parser only notices that it cannot go on. */
function diagnoseMisalignment(text: string, offset: number): PlacedFacts | undefined {
  const line = getLine(text, offset);
  const key = /^( *)([\w-]+):(\s|$)/.exec(line);
  const first = /^( *)[\w-]+:/m.exec(text)?.[1]?.length;
  const [, indentation = '', word = ''] = key ?? [];
  if (!key || first === undefined || indentation.length === first) return undefined;
  const start = text.lastIndexOf('\n', offset - 1) + 1 + indentation.length;
  const message = `'${word}' is indented by ${indentation.length}, the keys before it by ${first}; keys of one block begin in the same column`;
  return { range: { start, end: start + word.length }, facts: { code: 'bad_yaml', message, found: word } };
}

function diagnoseDuplicate(text: string, start: number): DiagnosticFacts {
  const { start: from, end } = findWord(text, start);
  const word = text.slice(from, end);
  return { code: 'duplicate_key', message: `'${word}' is given twice; keep one`, found: word };
}

function findWord(text: string, start: number): Range {
  const word = /^("[^"\n]*"|'[^'\n]*'|[^\s:,{}[\]]+)/.exec(text.slice(start))?.[0] ?? ' ';
  return { start, end: start + word.length };
}

function getLine(text: string, offset: number): string {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  const end = text.indexOf('\n', offset);
  return text.slice(start, end === -1 ? undefined : end);
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
