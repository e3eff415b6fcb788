/** A YAML body read into plain values, with the place of every key and value and the `!py` placeholders in it. */
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  parseDocument,
  type Document,
  type Node,
  type Pair,
  type Scalar,
  type YAMLError,
} from 'yaml';
import type { Diagnostic } from '../diagnostic';
import type { Path } from '../schema/json-schema';
import type { DiagnosticFacts, Range, Source, Span } from '../source';
import { readPlaceholder } from './placeholder';
import { diagnoseSyntaxError } from './syntax-diagnostics';
import { diagnoseUnsupportedYaml } from './unsupported-yaml';

/** Stands in a body's value where a `!py` expression will. */
export const PLACEHOLDER: unique symbol = Symbol('placeholder');

/** What a YAML body holds; numbers may still be infinite or NaN, which the schema refuses. */
export type YamlInput =
  | string
  | number
  | boolean
  | null
  | typeof PLACEHOLDER
  | readonly YamlInput[]
  | { readonly [key: string]: YamlInput };

/** A `!py` value: its expression is evaluated in the workbench before the declaration is checked whole. */
export interface Placeholder {
  readonly path: Path;
  readonly expression: string;
  /** From the tag to the expression's end, in the cell. */
  readonly span: Span;
}

/** Where a key and its value stand in the cell; the key is `null` for an item of a list. */
export interface EntryPlace {
  readonly key: Range | null;
  readonly value: Range;
}

/** A body as it was read: values, placeholders, and the place of every entry. */
export interface YamlBody {
  readonly document: Document.Parsed;
  readonly value: YamlInput;
  readonly placeholders: readonly Placeholder[];
  /** The paths of whole numbers that are written as floats, such as 1.0: JavaScript's numbers do not tell them apart. */
  readonly floats: readonly Path[];
  readonly diagnostics: readonly Diagnostic[];
  /** Place of a path, or of its nearest ancestor; the cell's first line for a key missing at the top. */
  locate(path: Path): EntryPlace;
  /** Place of the path itself; `undefined` where nothing stands there. */
  findPlace(path: Path): EntryPlace | undefined;
}

/** Reads the body that starts at an offset of the cell. A body with syntax errors has diagnostics and no value. */
export function readBody(source: Source, offset: number): YamlBody {
  const text = source.text.slice(offset);
  const document = parseDocument(text, { prettyErrors: false, customTags: [PYTHON_TAG], merge: false });
  const reader = new BodyReader(source, offset);
  for (const error of keepOnePerLine(document.errors, text)) {
    const { range, facts } = diagnoseSyntaxError(error, text);
    reader.report(range, facts);
  }
  for (const { range, facts } of diagnoseUnsupportedYaml(document, text)) reader.report(range, facts);
  const isBroken = document.errors.some((error) => error.code !== 'DUPLICATE_KEY');
  const value = isBroken ? null : reader.read(document.contents, []);
  const { placeholders, floats, diagnostics, places } = reader;
  const contents = getNodeRange(document.contents);
  const header = { start: source.text.lastIndexOf('\n', offset - 2) + 1, end: Math.max(0, offset - 1) };
  const locate = (path: Path): EntryPlace => {
    for (let length = path.length; length > 0; length--) {
      const found = places.get(encodePath(path.slice(0, length)));
      if (found) return found;
    }
    // What is missing at the top is the header's matter; what is wrong as a whole, the body's.
    const whole = contents && { start: contents.start + offset, end: contents.end + offset };
    return { key: null, value: path.length === 0 && whole ? whole : header };
  };
  const findPlace = (path: Path): EntryPlace | undefined => places.get(encodePath(path));
  return { document, value, placeholders, floats, diagnostics, locate, findPlace };
}

/**
 * One mistake makes a parser stumble several times over the same line; what it says of a key that runs over lines tells
 * more than what it says of the value before.
 */
function keepOnePerLine(errors: readonly YAMLError[], text: string): YAMLError[] {
  const kept = new Map<string, YAMLError>();
  for (const error of errors) {
    const line = text.slice(0, error.pos[0]).split('\n').length;
    const place = error.code === 'DUPLICATE_KEY' ? `${line}:${error.pos[0]}` : `${line}`;
    if (!kept.has(place) || error.code === 'MULTILINE_IMPLICIT_KEY') kept.set(place, error);
  }
  return [...kept.values()];
}

const PYTHON_TAG = { tag: '!py', resolve: (text: string) => text };

function encodePath(path: Path): string {
  return JSON.stringify(path);
}

class BodyReader {
  readonly placeholders: Placeholder[] = [];
  readonly floats: Path[] = [];
  readonly diagnostics: Diagnostic[] = [];
  readonly places = new Map<string, EntryPlace>();

  constructor(
    private readonly source: Source,
    private readonly offset: number,
  ) {}

  report(range: Range, facts: DiagnosticFacts): void {
    this.diagnostics.push(this.source.diagnose(this.shiftToCell(range), facts));
  }

  read(node: Node | null, path: Path, isInFlow = false): YamlInput {
    if (node?.tag === '!py') return this.readPython(node, path, isInFlow);
    // What is reported as not taken is not judged a second time.
    if (isAlias(node) || node?.tag !== undefined) return PLACEHOLDER;
    if (isMap(node)) return this.readMap(node.items, path, isInFlow || node.flow === true);
    if (isSeq(node)) {
      const isFlow = isInFlow || node.flow === true;
      return node.items.map((item, index) => this.readItem(item, [...path, index], isFlow));
    }
    if (!isScalar(node)) return null;
    if (isWholeFloat(node)) this.floats.push(path);
    return toPlainValue(node.value);
  }

  private readItem(item: unknown, path: Path, isInFlow: boolean): YamlInput {
    const node = narrowToNode(item);
    const value = getNodeRange(node);
    if (value) this.places.set(encodePath(path), { key: null, value: this.shiftToCell(value) });
    return this.read(node, path, isInFlow);
  }

  private readMap(items: readonly Pair[], path: Path, isInFlow: boolean): YamlInput {
    const entries: [string, YamlInput][] = [];
    for (const { key, value } of items) {
      const keyNode = narrowToNode(key);
      const keyRange = getNodeRange(keyNode);
      const name = isScalar(keyNode) && keyNode.tag === undefined ? keyNode.value : undefined;
      if (name === '<<') continue;
      if (typeof name !== 'string') {
        if (keyRange)
          this.report(keyRange, { code: 'bad_yaml', message: 'a key is a word; put it in quotes' });
        continue;
      }
      if (name === '__proto__') {
        // JavaScript's libraries leave it out of what they check, so that it would be lost without a word.
        if (keyRange)
          this.report(keyRange, {
            code: 'not_supported',
            message: `the key '${name}' is not taken here`,
            found: name,
          });
        continue;
      }
      const node = narrowToNode(value);
      const range = getNodeRange(node) ?? keyRange;
      if (keyRange && range)
        this.places.set(encodePath([...path, name]), {
          key: this.shiftToCell(keyRange),
          value: this.shiftToCell(range),
        });
      entries.push([name, this.read(node, [...path, name], isInFlow)]);
    }
    return Object.fromEntries(entries);
  }

  private readPython(node: Node, path: Path, isInFlow: boolean): YamlInput {
    const text = this.source.text.slice(this.offset);
    const result = readPlaceholder(node, text, { isInFlow, isBody: path.length === 0 });
    if (!result.ok) {
      this.report(result.range, result.facts);
      return PLACEHOLDER;
    }
    const range = this.shiftToCell(result.range);
    const known = this.places.get(encodePath(path));
    this.places.set(encodePath(path), { key: known?.key ?? null, value: range });
    this.placeholders.push({ path, expression: result.expression, span: this.source.toSpan(range) });
    return PLACEHOLDER;
  }

  private shiftToCell(range: Range): Range {
    return { start: range.start + this.offset, end: range.end + this.offset };
  }
}

function toPlainValue(value: unknown): YamlInput {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
}

/** Whether a number is whole and written as a float: 1.0, 1e3; not 0x1e. */
function isWholeFloat({ value, source = '' }: Scalar): boolean {
  return Number.isInteger(value) && /^[-+]?[\d.]*[.e]/iu.test(source);
}

/** Nodes of a parsed document are nodes all the way down; `yaml` types a pair's ends as unknown. */
function narrowToNode(value: unknown): Node | null {
  return isScalar(value) || isMap(value) || isSeq(value) || isAlias(value) ? value : null;
}

/** Start and end of what is written; `undefined` for a value left out. */
function getNodeRange(node: Node | null): Range | undefined {
  const range = node?.range;
  return range && range[1] > range[0] ? { start: range[0], end: range[1] } : undefined;
}
