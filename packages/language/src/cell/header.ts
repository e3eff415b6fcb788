/** The first line of a declaration cell: `%%learn ENV [as RUN]` and its like. */
import { foldName } from '@policybook/protocol';
import { deriveRunName, isName, NAME_FORM } from '../names';
import { findNearest, formatSuggestion } from '../nearest';
import type { Diagnostic } from '../diagnostic';
import type { Range, Source } from '../source';
import { CELLS, isCellMagic, LINES_BEFORE_MAGIC, WRAPPING_MAGICS, type CellMagic } from './command-table';

/** A header that names one of our magics, cut into words. */
export interface Header {
  readonly magic: CellMagic;
  /** The first of Python's cell magics above the header; `null` where there is none. */
  readonly wrapper: Wrapper | null;
  /** The magic with its `%%`. */
  readonly range: Range;
  readonly words: readonly HeaderWord[];
  /** Where the line ends. */
  readonly end: number;
}

/** A cell magic of Python's, such as `%%time`, with its place in the cell. */
export interface Wrapper {
  readonly magic: keyof typeof WRAPPING_MAGICS;
  /** The magic with its `%%`. */
  readonly range: Range;
}

/** A word of the first line, with its place in the cell. */
export interface HeaderWord {
  readonly text: string;
  readonly range: Range;
}

const BEFORE = new RegExp(`^${LINES_BEFORE_MAGIC}`);

/** The header of a cell, or `undefined` where it is none of policybook's. Lines that may stand before it are skipped. */
export function readHeader(source: Source): Header | undefined {
  const before = BEFORE.exec(source.text)?.[0] ?? '';
  const start = before.length;
  const found = /^%%([A-Za-z_]+)(?=\s|$)([^\n\r]*)/.exec(source.text.slice(start));
  const magic = found?.[1];
  if (!found || magic === undefined || !isCellMagic(magic)) return undefined;
  const end = start + found[0].length;
  const argumentsStart = start + 2 + magic.length;
  const words = Array.from((found[2] ?? '').matchAll(/\S+/g), (match) => ({
    text: match[0],
    range: { start: argumentsStart + match.index, end: argumentsStart + match.index + match[0].length },
  }));
  return { magic, wrapper: readWrapper(before), range: { start, end: argumentsStart }, words, end };
}

function readWrapper(before: string): Wrapper | null {
  const found = /^%%(\w+)/m.exec(before);
  const magic = found?.[1];
  if (!found || magic === undefined || !isWrappingMagic(magic)) return null;
  return { magic, range: { start: found.index, end: found.index + found[0].length } };
}

function isWrappingMagic(word: string): word is keyof typeof WRAPPING_MAGICS {
  return Object.hasOwn(WRAPPING_MAGICS, word);
}

/** `NAME` or `NAME keyword OTHER`, checked, names folded; which of the two is the cell's name differs by magic. */
export interface HeaderArguments {
  readonly first: string;
  readonly second: string | null;
}

/** The name of a comparison whose cell gives none. */
export const DEFAULT_COMPARISON = 'comparison';

/** Checks that no other magic stands above, and the words after the magic. */
export function checkHeader(source: Source, header: Header): HeaderArguments | Diagnostic {
  if (header.wrapper) return rejectWrapper(source, header, header.wrapper);
  const { usage, keyword: wanted } = CELLS[header.magic];
  // `%%compare as NAME` has no word before its keyword.
  const isUnnamed = header.magic === 'compare';
  const [first, keyword, second, extra] = isUnnamed ? [undefined, ...header.words] : header.words;
  if (!first && !isUnnamed)
    return source.diagnose(header.range, {
      code: 'missing',
      message: `${usage}: ${header.magic === 'learn' ? 'an environment' : 'a name'} is missing`,
      allowed: [usage],
    });
  const diagnostic = first && checkFirstWord(source, header, first, usage);
  if (diagnostic) return diagnostic;
  if (keyword && keyword.text !== wanted) return rejectWord(source, keyword, usage, wanted);
  if (keyword && !second)
    return source.diagnose(keyword.range, {
      code: 'missing',
      message: `${usage}: nothing stands after '${keyword.text}'`,
      allowed: [usage],
    });
  if (extra) return rejectWord(source, extra, usage, '');
  if (second && wanted === 'as' && !isName(foldName(second.text))) return rejectName(source, second, usage);
  // An environment is looked up by its folded name, and may be a registered id, which stays as it is.
  const name = (word: HeaderWord | undefined, isEnvironment: boolean): string =>
    isEnvironment ? (word?.text ?? '') : foldName(word?.text ?? '');
  return {
    first: name(first, header.magic === 'learn'),
    second: second ? name(second, wanted !== 'as') : null,
  };
}

function rejectWrapper(source: Source, { magic }: Header, wrapper: Wrapper): Diagnostic {
  const found = `%%${wrapper.magic}`;
  return source.diagnose(wrapper.range, {
    code: 'bad_header',
    message: `${found} stands before %%${magic}: ${WRAPPING_MAGICS[wrapper.magic]}; remove that line`,
    found,
    allowed: ['comments and blank lines'],
  });
}

function checkFirstWord(
  source: Source,
  { magic }: Header,
  first: HeaderWord,
  usage: string,
): Diagnostic | null {
  if (magic !== 'learn') return isName(foldName(first.text)) ? null : rejectName(source, first, usage);
  return ENVIRONMENT_PATTERN.test(foldName(first.text)) ? null : rejectEnvironment(source, first, usage);
}

/** A run's name: the one given after `as`, or one made from the environment's. */
export function chooseRunName({ first, second }: HeaderArguments): string {
  return second ?? deriveRunName(first);
}

/** A declared name or a registered id: `windy`, `CartPole-v1`, `ALE/Breakout-v5`, `module:Env-v0`. */
const ENVIRONMENT_PATTERN = /^[\p{L}\p{N}_.:/-]+$/u;

function rejectEnvironment(source: Source, word: HeaderWord, usage: string): Diagnostic {
  const computed = /[{$]/.test(word.text)
    ? '; for a computed id declare %%environment NAME with id: !py EXPR'
    : '';
  return source.diagnose(word.range, {
    code: 'bad_header',
    message: `${usage}: expected an environment's name or id, found '${word.text}'${computed}`,
    found: word.text,
    allowed: ["an environment's name or id"],
  });
}

function rejectName(source: Source, word: HeaderWord, usage: string): Diagnostic {
  return source.diagnose(word.range, {
    code: 'bad_header',
    message: `${usage}: expected ${NAME_FORM}, found '${word.text}'`,
    found: word.text,
    allowed: [NAME_FORM],
  });
}

function rejectWord(source: Source, word: HeaderWord, usage: string, wanted: string): Diagnostic {
  const close = wanted ? findNearest(word.text, [wanted]) : null;
  return source.diagnose(word.range, {
    code: 'bad_header',
    message: `${usage}: did not expect '${word.text}'${formatSuggestion(close)}`,
    found: word.text,
    allowed: [usage],
    nearest: close,
  });
}
