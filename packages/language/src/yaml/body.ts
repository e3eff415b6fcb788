/** A YAML body read into plain values, with the place of every key and value and the `!py` holes in it. */
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  parseDocument,
  type Document,
  type Node,
  type Pair,
  type YAMLError,
} from 'yaml';
import type { Problem } from '../problem';
import type { Path } from '../schema/json-schema';
import type { ProblemFacts, Range, Source, Span } from '../source';
import { readHole } from './hole';
import { syntaxProblem } from './syntax-problems';
import { unsupportedProblems } from './unsupported';

/** Stands in a body's value where a `!py` expression will. */
export const hole: unique symbol = Symbol('hole');

/** What a YAML body holds; numbers may still be infinite or NaN, which the schema refuses. */
export type Input =
  string | number | boolean | null | typeof hole | readonly Input[] | { readonly [key: string]: Input };

/** A `!py` value: its expression is evaluated in the workbench before the declaration is checked whole. */
export interface Hole {
  readonly path: Path;
  readonly expression: string;
  /** From the tag to the expression's end, in the cell. */
  readonly span: Span;
}

export interface Place {
  readonly key: Range | null;
  readonly value: Range;
}

export interface Body {
  readonly document: Document.Parsed;
  readonly value: Input;
  readonly holes: readonly Hole[];
  readonly problems: readonly Problem[];
  /** Place of a path, or of its nearest ancestor; the cell's first line for a key missing at the top. */
  place(path: Path): Place;
  /** Place of the path itself; `undefined` where nothing stands there. */
  at(path: Path): Place | undefined;
}

/** Reads the body that starts at an offset of the cell. A body with syntax errors has problems and no value. */
export function readBody(source: Source, offset: number): Body {
  const text = source.text.slice(offset);
  const document = parseDocument(text, { prettyErrors: false, customTags: [pythonTag], merge: false });
  const reader = new Reader(source, offset);
  for (const error of oneOfEachLine(document.errors, text)) {
    const { range, facts } = syntaxProblem(error, text);
    reader.report(range, facts);
  }
  for (const { range, facts } of unsupportedProblems(document)) reader.report(range, facts);
  const broken = document.errors.some((error) => error.code !== 'DUPLICATE_KEY');
  const value = broken ? null : reader.read(document.contents, []);
  const { holes, problems, places } = reader;
  const contents = nodeRange(document.contents);
  const header = { start: source.text.lastIndexOf('\n', offset - 2) + 1, end: Math.max(0, offset - 1) };
  const place = (path: Path): Place => {
    for (let length = path.length; length > 0; length--) {
      const found = places.get(placeKey(path.slice(0, length)));
      if (found) return found;
    }
    // What is missing at the top is the header's matter; what is wrong as a whole, the body's.
    const whole = contents && { start: contents.start + offset, end: contents.end + offset };
    return { key: null, value: path.length === 0 && whole ? whole : header };
  };
  const at = (path: Path): Place | undefined => places.get(placeKey(path));
  return { document, value, holes, problems, place, at };
}

/**
 * One mistake makes a parser stumble several times over the same line; what it says of a key that runs over lines tells
 * more than what it says of the value before.
 */
function oneOfEachLine(errors: readonly YAMLError[], text: string): YAMLError[] {
  const kept = new Map<string, YAMLError>();
  for (const error of errors) {
    const line = text.slice(0, error.pos[0]).split('\n').length;
    const place = error.code === 'DUPLICATE_KEY' ? `${line}:${error.pos[0]}` : `${line}`;
    if (!kept.has(place) || error.code === 'MULTILINE_IMPLICIT_KEY') kept.set(place, error);
  }
  return [...kept.values()];
}

const pythonTag = { tag: '!py', resolve: (text: string) => text };

function placeKey(path: Path): string {
  return JSON.stringify(path);
}

class Reader {
  readonly holes: Hole[] = [];
  readonly problems: Problem[] = [];
  readonly places = new Map<string, Place>();

  constructor(
    private readonly source: Source,
    private readonly offset: number,
  ) {}

  report(range: Range, facts: ProblemFacts): void {
    this.problems.push(this.source.problem(this.inCell(range), facts));
  }

  read(node: Node | null, path: Path, inFlow = false): Input {
    if (node?.tag === '!py') return this.readPython(node, path, inFlow);
    // What is reported as not taken is not judged a second time.
    if (isAlias(node) || node?.tag !== undefined) return hole;
    if (isMap(node)) return this.readMap(node.items, path, inFlow || node.flow === true);
    if (isSeq(node)) {
      const flow = inFlow || node.flow === true;
      return node.items.map((item, index) => this.readItem(item, [...path, index], flow));
    }
    return isScalar(node) ? plain(node.value) : null;
  }

  private readItem(item: unknown, path: Path, inFlow: boolean): Input {
    const node = asNode(item);
    const value = nodeRange(node);
    if (value) this.places.set(placeKey(path), { key: null, value: this.inCell(value) });
    return this.read(node, path, inFlow);
  }

  private readMap(items: readonly Pair[], path: Path, inFlow: boolean): Input {
    const entries: [string, Input][] = [];
    for (const { key, value } of items) {
      const keyNode = asNode(key);
      const keyRange = nodeRange(keyNode);
      const name = isScalar(keyNode) && keyNode.tag === undefined ? keyNode.value : undefined;
      if (name === '<<') continue;
      if (typeof name !== 'string' || name === '__proto__') {
        if (keyRange)
          this.report(keyRange, { code: 'bad_yaml', message: 'a key is a word; put it in quotes' });
        continue;
      }
      const node = asNode(value);
      const range = nodeRange(node) ?? keyRange;
      if (keyRange && range)
        this.places.set(placeKey([...path, name]), { key: this.inCell(keyRange), value: this.inCell(range) });
      entries.push([name, this.read(node, [...path, name], inFlow)]);
    }
    return Object.fromEntries(entries);
  }

  private readPython(node: Node, path: Path, inFlow: boolean): Input {
    const text = this.source.text.slice(this.offset);
    const result = readHole(node, text, { inFlow, isBody: path.length === 0 });
    if (!result.ok) {
      this.report(result.range, result.facts);
      return hole;
    }
    const range = this.inCell(result.range);
    const known = this.places.get(placeKey(path));
    this.places.set(placeKey(path), { key: known?.key ?? null, value: range });
    this.holes.push({ path, expression: result.expression, span: this.source.span(range) });
    return hole;
  }

  private inCell(range: Range): Range {
    return { start: range.start + this.offset, end: range.end + this.offset };
  }
}

function plain(value: unknown): Input {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
}

/** Nodes of a parsed document are nodes all the way down; `yaml` types a pair's ends as unknown. */
function asNode(value: unknown): Node | null {
  return isScalar(value) || isMap(value) || isSeq(value) || isAlias(value) ? value : null;
}

/** Start and end of what is written; `undefined` for a value left out. */
function nodeRange(node: Node | null): Range | undefined {
  const range = node?.range;
  return range && range[1] > range[0] ? { start: range[0], end: range[1] } : undefined;
}
