/** What `yaml` found wrong, in words for somebody who writes `key: value` lines. */
import type { ErrorCode, YAMLError } from 'yaml';
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
          facts: { code: 'bad_yaml', message: formatSyntaxError(error, line, found), found },
        }
      );
  }
}

/** Said wherever an anchor or alias turns up. */
export const ALIAS_MESSAGE = 'anchors and aliases are not taken here; write the value out';

function formatSyntaxError({ code, message }: YAMLError, line: string, found: string): string {
  if (/:\s+!py\b/.test(line)) return 'the whole expression after !py goes into quotes: !py "…"';
  const matching = SENTENCES.find(
    (sentence) => sentence.code === code && (sentence.pattern?.test(message) ?? true),
  );
  return matching?.text ?? `did not expect '${found}' here; each line reads 'key: value'`;
}

interface SyntaxSentence {
  readonly code: ErrorCode;
  /** Tells errors of one code apart by what `yaml` says; absent where the code is enough. */
  readonly pattern?: RegExp;
  readonly text: string;
}

const TAG_MESSAGE = 'tags other than !py are not taken here, and !py stands right before its expression';

/** The first that fits an error speaks for it: what `yaml` says itself is written for those who know its grammar. */
const SENTENCES: readonly SyntaxSentence[] = [
  { code: 'MISSING_CHAR', pattern: /closing "quote/, text: 'the quote " is not closed' },
  { code: 'MISSING_CHAR', pattern: /closing 'quote/, text: "the quote ' is not closed" },
  { code: 'MISSING_CHAR', pattern: /between flow/, text: 'a comma is missing between two items of [] or {}' },
  { code: 'MISSING_CHAR', pattern: /space after :/, text: "a space belongs after the ':'" },
  { code: 'MISSING_CHAR', pattern: /without -/, text: "every item of the list begins with '- '" },
  { code: 'MISSING_CHAR', pattern: /^Comments/, text: 'a blank belongs before the # of a comment' },
  { code: 'MISSING_CHAR', text: "expected ':' and a value after the key" },
  {
    code: 'BAD_INDENT',
    pattern: /^Flow sequence/,
    text: 'the [ is not closed, or a line inside it is not indented further than its key',
  },
  {
    code: 'BAD_INDENT',
    pattern: /^Flow map/,
    text: 'the { is not closed, or a line inside it is not indented further than its key',
  },
  {
    code: 'BAD_INDENT',
    pattern: /^Block scalar/,
    text: 'the lines of a text after | or > are indented further than its key, with spaces',
  },
  { code: 'BAD_INDENT', text: 'keys of one block, and items of one list, begin in the same column' },
  {
    code: 'BAD_DQ_ESCAPE',
    text: 'a backslash in double quotes begins an escape, and this is none; write single quotes, or two backslashes',
  },
  {
    code: 'UNEXPECTED_TOKEN',
    pattern: /^Block scalar header/,
    text: 'nothing stands after | or > in its line; the text begins in the next one',
  },
  {
    code: 'UNEXPECTED_TOKEN',
    pattern: /flow-(seq|map)-end/,
    text: 'a bracket is closed here that was not opened',
  },
  {
    code: 'UNEXPECTED_TOKEN',
    pattern: /^Unexpected (,|empty item)/,
    text: 'nothing stands between two commas, or before the first',
  },
  {
    code: 'UNEXPECTED_TOKEN',
    pattern: /block-seq-ind/,
    text: 'the first item of a list stands on a line of its own',
  },
  {
    code: 'UNEXPECTED_TOKEN',
    pattern: /at node end$|^Unexpected scalar token$/,
    text: 'the value before this has ended already; put the whole value in quotes',
  },
  {
    code: 'BLOCK_IN_FLOW',
    text: "inside [] and {} items have commas between them, and neither '- ' nor a second ': '",
  },
  { code: 'MULTILINE_IMPLICIT_KEY', text: "expected 'key: value' on one line" },
  {
    code: 'BLOCK_AS_IMPLICIT_KEY',
    text: "a second ': ' in one line; put the value in quotes, or the inner key on a line of its own",
  },
  { code: 'BAD_SCALAR_START', text: 'a value that starts with this character goes into quotes' },
  { code: 'RESOURCE_EXHAUSTION', text: 'nested too deeply' },
  { code: 'KEY_OVER_1024_CHARS', text: 'a key has at most 1,024 characters' },
  { code: 'NON_STRING_KEY', text: 'a key is a word; put it in quotes' },
  { code: 'BAD_DIRECTIVE', text: 'lines that begin with % are not taken here' },
  { code: 'ALIAS_PROPS', text: ALIAS_MESSAGE },
  { code: 'MULTIPLE_ANCHORS', text: ALIAS_MESSAGE },
  { code: 'MULTIPLE_TAGS', text: TAG_MESSAGE },
  { code: 'TAG_RESOLVE_FAILED', text: TAG_MESSAGE },
  { code: 'BAD_COLLECTION_TYPE', text: TAG_MESSAGE },
  { code: 'BAD_PROP_ORDER', text: TAG_MESSAGE },
];

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
