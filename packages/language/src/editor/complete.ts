/** Completion in declaration cells and line magics, from the schemas and what the notebook knows. */
import { parseDocument, isMap } from 'yaml';
import { isYamlMagic, type Cell } from '../cell/cell';
import { commandShape, type ArgumentKind, type CommandName } from '../cell/command-table';
import { commandName } from '../cell/command-line';
import { readHeader, type Header } from '../cell/header';
import { parseCell } from '../cell/parse-cell';
import { alternativesAt, keysAt, wordsAt, type DeclarationKind, type Path } from '../schema/json-schema';
import { allowedAt } from '../schema/words';
import { Source } from '../source';
import { contextAt } from './context';
import { environmentNames, policyReferences, type Facts } from './facts';

export interface Match {
  /** What goes into the cell. */
  readonly text: string;
  /** For icons. */
  readonly kind: 'key' | 'value' | 'environment' | 'run' | 'policy';
  /** One line about it, or nothing. */
  readonly about: string;
}

/** Matches replace `start`..`end`, in UTF-16 code units of the cell. */
export interface Completion {
  readonly matches: readonly Match[];
  readonly start: number;
  readonly end: number;
}

/**
 * What can stand at the cursor (UTF-16 code units); `undefined` where Python is: a Python cell, or the body of
 * `%%policy` and `%%simulator`.
 */
export function complete(code: string, cursor: number, facts: Facts): Completion | undefined {
  const source = new Source(code);
  const header = readHeader(source);
  if (header && cursor <= header.end) return inHeader(header, code, cursor, facts);
  if (header) {
    const { magic } = header;
    const offset = code.indexOf('\n', header.end) + 1;
    return isYamlMagic(magic) ? inBody(magic, code, offset, cursor, facts) : undefined;
  }
  return isCommands(parseCell(code)) ? inCommand(source, cursor, facts) : undefined;
}

function isCommands(cell: Cell | undefined): boolean {
  return cell?.kind === 'commands' || cell?.kind === 'invalid';
}

function inHeader(header: Header, code: string, cursor: number, facts: Facts): Completion {
  const typed = /\S*$/.exec(code.slice(0, cursor))?.[0] ?? '';
  const before = header.words.filter(({ range }) => range.end < cursor).length;
  if (cursor <= header.range.end) return completion([], typed, cursor);
  const environments = environmentNames(facts).map((text) => match(text, 'environment'));
  if (header.magic === 'learn')
    return completion(
      [environments, [match('as', 'value')], facts.runs.map((run) => match(run, 'run'))][before],
      typed,
      cursor,
    );
  if (header.magic === 'compare')
    return completion(before === 0 ? [match('as', 'value')] : [], typed, cursor);
  if (header.magic === 'policy')
    return completion([[], [match('for', 'value')], environments][before], typed, cursor);
  return completion([], typed, cursor);
}

function inBody(
  kind: DeclarationKind,
  code: string,
  offset: number,
  cursor: number,
  facts: Facts,
): Completion {
  const context = contextAt(code.slice(offset, cursor));
  if (!context) return completion([], '', cursor);
  const { path, slot, typed } = context;
  const word = typed.replace(/^["']/, '');
  if (slot === 'value') return completion(valuesAt(kind, path, word, facts), word, cursor);
  const taken = keysOf(code.slice(offset), path);
  const colon = /^\s*:/.test(code.slice(cursor)) ? '' : ': ';
  const keys = [...keysAt(kind, path)]
    .filter(([key]) => key === word || !taken.has(key))
    .map(([key, { description }]) => ({ ...match(key + colon, 'key'), about: description ?? '' }));
  return completion(keys, word, cursor);
}

function valuesAt(kind: DeclarationKind, path: Path, word: string, facts: Facts): readonly Match[] {
  const format = alternativesAt(kind, path).find((node) => node.format !== undefined)?.format;
  if (format === 'environment') return environmentNames(facts).map((text) => match(text, 'environment'));
  if (format === 'policy') return references(facts, word);
  return wordsAt(kind, path).map((text) => ({ ...match(text, 'value'), about: allowedAt(kind, path) }));
}

/** Keys that the mapping at a path has already; the body may be broken. */
function keysOf(text: string, path: Path): ReadonlySet<string> {
  const contents = parseDocument(text).contents;
  const node: unknown = path.length === 0 ? contents : isMap(contents) ? contents.getIn(path, true) : null;
  return new Set(isMap(node) ? node.items.map(({ key }) => String(key)) : []);
}

function inCommand(source: Source, cursor: number, facts: Facts): Completion {
  const { line, column } = source.position(cursor);
  const text = source.line(line).slice(0, column - 1);
  const name = commandName(text);
  const typed = /[^\s=]*$/.exec(text)?.[0] ?? '';
  if (name === undefined) return completion([], typed, cursor);
  const words = text
    .trimStart()
    .slice(0, -typed.length || undefined)
    .split(/\s+/)
    .slice(1);
  const place = words.filter((word) => word !== '' && !word.includes('=')).length;
  return completion(argumentMatches(name, place, typed, facts), typed, cursor);
}

function argumentMatches(name: CommandName, place: number, typed: string, facts: Facts): readonly Match[] {
  const shape = commandShape(name);
  const kind: ArgumentKind | undefined = shape.positionals[place]?.kind;
  const keys = Object.keys(shape.keys).map((key) => match(`${key}=`, 'key'));
  if (kind === 'reference') return [...references(facts, typed), ...keys];
  const recorded = [...facts.runs, ...facts.comparisons].map((run) => match(run, 'run'));
  return kind === 'run' ? [...recorded, ...keys] : keys;
}

function references(facts: Facts, word: string): readonly Match[] {
  return policyReferences(facts, word).map((text) =>
    match(text, facts.runs.includes(text) ? 'run' : 'policy'),
  );
}

function match(text: string, kind: Match['kind']): Match {
  return { text, kind, about: '' };
}

/** Keeps what starts with the typed word, whatever its case. */
function completion(matches: readonly Match[] | undefined, typed: string, cursor: number): Completion {
  const start = cursor - typed.length;
  const kept = (matches ?? []).filter(({ text }) => text.toLowerCase().startsWith(typed.toLowerCase()));
  return { matches: kept, start, end: cursor };
}
