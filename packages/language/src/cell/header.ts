/** The first line of a declaration cell: `%%learn ENV [as RUN]` and its like. */
import { defaultRunName, isName, nameWords } from '../names';
import { nearest, suggestion } from '../nearest';
import type { Problem } from '../problem';
import type { Range, Source } from '../source';
import { cellMagics, type CellMagic } from './cell';

/** A header that names one of our magics, cut into words. */
export interface Header {
  readonly magic: CellMagic;
  /** The magic with its `%%`. */
  readonly range: Range;
  readonly words: readonly Word[];
  /** Where the line ends. */
  readonly end: number;
}

export interface Word {
  readonly text: string;
  readonly range: Range;
}

/** How each header is written, for messages and inspection. */
export const headerUsage: Readonly<Record<CellMagic, string>> = {
  environment: '%%environment NAME',
  learn: '%%learn ENV [as RUN]',
  simulator: '%%simulator NAME',
  policy: '%%policy NAME [for ENV]',
  compare: '%%compare [as NAME]',
  figure: '%%figure NAME',
};

/** The header of a cell, or `undefined` where the first line is none of ours. Blank lines before it are skipped. */
export function readHeader(source: Source): Header | undefined {
  // IPython drops blank lines before a cell magic, so a cell that it takes for one is taken here as well.
  const blank = /^(?:[^\S\n]*\n)*/.exec(source.text)?.[0].length ?? 0;
  const found = /^%%([A-Za-z_]+)(?=\s|$)([^\n\r]*)/.exec(source.text.slice(blank));
  const magic = cellMagics.find((name) => name === found?.[1]);
  if (!found || magic === undefined) return undefined;
  const end = blank + found[0].length;
  const argumentsStart = blank + 2 + magic.length;
  const words = Array.from((found[2] ?? '').matchAll(/\S+/g), (match) => ({
    text: match[0],
    range: { start: argumentsStart + match.index, end: argumentsStart + match.index + match[0].length },
  }));
  return { magic, range: { start: blank, end: argumentsStart }, words, end };
}

/** `NAME` or `NAME keyword OTHER`, checked; which of the two is the cell's name differs by magic. */
export interface HeaderArguments {
  readonly first: string;
  readonly second: string | null;
}

/** The name of a comparison whose cell gives none. */
export const defaultComparison = 'comparison';

/** Checks the words after the magic. */
export function checkHeader(source: Source, header: Header): HeaderArguments | Problem {
  const usage = headerUsage[header.magic];
  // `%%compare as NAME` has no word before its keyword.
  const unnamed = header.magic === 'compare';
  const [first, keyword, second, extra] = unnamed ? [undefined, ...header.words] : header.words;
  if (!first && !unnamed)
    return source.problem(header.range, {
      code: 'missing',
      message: `${usage}: ${header.magic === 'learn' ? 'an environment' : 'a name'} is missing`,
      allowed: [usage],
    });
  const problem = first && checkFirst(source, header, first, usage);
  if (problem) return problem;
  const wanted = keywords[header.magic];
  if (keyword && keyword.text !== wanted) return unexpected(source, keyword, usage, wanted);
  if (keyword && !second)
    return source.problem(keyword.range, {
      code: 'missing',
      message: `${usage}: nothing stands after '${keyword.text}'`,
      allowed: [usage],
    });
  if (extra) return unexpected(source, extra, usage, '');
  if (second && wanted === 'as' && !isName(second.text)) return badName(source, second, usage);
  return { first: first?.text ?? '', second: second?.text ?? null };
}

/** The word between the names of a header; empty where there is none. */
const keywords: Readonly<Record<CellMagic, string>> = {
  learn: 'as',
  compare: 'as',
  policy: 'for',
  figure: '',
  environment: '',
  simulator: '',
};

function checkFirst(source: Source, { magic }: Header, first: Word, usage: string): Problem | null {
  if (magic !== 'learn') return isName(first.text) ? null : badName(source, first, usage);
  return environmentForm.test(first.text) ? null : badEnvironment(source, first, usage);
}

/** A run's name: the one given after `as`, or one made from the environment's. */
export function runName({ first, second }: HeaderArguments): string {
  return second ?? defaultRunName(first);
}

/** A declared name or a registered id: `windy`, `CartPole-v1`, `ALE/Breakout-v5`, `module:Env-v0`. */
const environmentForm = /^[\p{L}\p{N}_.:/-]+$/u;

function badEnvironment(source: Source, word: Word, usage: string): Problem {
  const computed = /[{$]/.test(word.text)
    ? '; for a computed id declare %%environment NAME with id: !py EXPR'
    : '';
  return source.problem(word.range, {
    code: 'bad_header',
    message: `${usage}: expected an environment's name or id, found '${word.text}'${computed}`,
    found: word.text,
    allowed: ["an environment's name or id"],
  });
}

function badName(source: Source, word: Word, usage: string): Problem {
  return source.problem(word.range, {
    code: 'bad_header',
    message: `${usage}: expected ${nameWords}, found '${word.text}'`,
    found: word.text,
    allowed: [nameWords],
  });
}

function unexpected(source: Source, word: Word, usage: string, wanted: string): Problem {
  const close = wanted ? nearest(word.text, [wanted]) : null;
  return source.problem(word.range, {
    code: 'bad_header',
    message: `${usage}: did not expect '${word.text}'${suggestion(close)}`,
    found: word.text,
    allowed: [usage],
    nearest: close,
  });
}
