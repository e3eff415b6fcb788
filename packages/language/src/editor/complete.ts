/** Completion in declaration cells and commands, from the schemas and what the notebook knows. */
import type { Cell } from '../cell/cell';
import { getCommandShape, isYamlMagic, type ArgumentKind, type CommandName } from '../cell/command-table';
import { readCommandName } from '../cell/command-line';
import { readHeader, type Header } from '../cell/header';
import { parseCell } from '../cell/parse-cell';
import {
  listAlternatives,
  listKeys,
  listWords,
  type DeclarationKind,
  type Path,
} from '../schema/json-schema';
import { describeAllowed } from '../schema/describe';
import { Source } from '../source';
import { readContext } from './context';
import { listEnvironmentNames, listPolicyReferences, type EditorFacts } from './facts';
import { readWrittenMapping } from './written-mapping';

/** One text that can stand at the cursor. */
export interface CompletionMatch {
  /** What goes into the cell. */
  readonly text: string;
  /** For icons. */
  readonly kind: 'key' | 'value' | 'environment' | 'run' | 'policy';
  /** One line about it, or nothing. */
  readonly about: string;
}

/** Matches replace `start`..`end`, in UTF-16 code units of the cell. */
export interface Completion {
  readonly matches: readonly CompletionMatch[];
  readonly start: number;
  readonly end: number;
}

/**
 * What can stand at the cursor (UTF-16 code units); `undefined` where Python is: a Python cell, or the body of
 * `%%policy` and `%%simulator`.
 */
export function complete(code: string, cursor: number, facts: EditorFacts): Completion | undefined {
  const source = new Source(code);
  const header = readHeader(source);
  if (header && cursor <= header.end) return completeHeader(header, code, cursor, facts);
  if (header) {
    const { magic } = header;
    const offset = code.indexOf('\n', header.end) + 1;
    return isYamlMagic(magic) ? completeBody(magic, code, offset, cursor, facts) : undefined;
  }
  return holdsCommands(parseCell(code)) ? completeCommand(source, cursor, facts) : undefined;
}

function holdsCommands(cell: Cell | undefined): boolean {
  return cell?.kind === 'commands' || cell?.kind === 'invalid';
}

function completeHeader(header: Header, code: string, cursor: number, facts: EditorFacts): Completion {
  const typed = /\S*$/.exec(code.slice(0, cursor))?.[0] ?? '';
  const before = header.words.filter(({ range }) => range.end < cursor).length;
  if (cursor <= header.range.end) return createCompletion([], typed, cursor);
  const environments = listEnvironmentNames(facts).map((text) => createMatch(text, 'environment'));
  if (header.magic === 'learn')
    return createCompletion(
      [environments, [createMatch('as', 'value')], facts.runs.map((run) => createMatch(run, 'run'))][before],
      typed,
      cursor,
    );
  if (header.magic === 'compare')
    return createCompletion(before === 0 ? [createMatch('as', 'value')] : [], typed, cursor);
  if (header.magic === 'policy')
    return createCompletion([[], [createMatch('for', 'value')], environments][before], typed, cursor);
  return createCompletion([], typed, cursor);
}

function completeBody(
  kind: DeclarationKind,
  code: string,
  offset: number,
  cursor: number,
  facts: EditorFacts,
): Completion {
  const context = readContext(code.slice(offset, cursor));
  if (!context) return createCompletion([], '', cursor);
  const { path, slot, typed } = context;
  const word = typed.replace(/^["']/, '');
  if (slot === 'value') return createCompletion(matchValues(kind, path, word, facts), word, cursor);
  const written = readWrittenMapping(code.slice(offset), path);
  const colon = /^\s*:/.test(code.slice(cursor)) ? '' : ': ';
  const keys = [...listKeys(kind, path, written)]
    .filter(([key]) => key === word || !Object.hasOwn(written, key))
    .map(([key, { description }]) => ({ ...createMatch(key + colon, 'key'), about: description ?? '' }));
  return createCompletion(keys, word, cursor);
}

function matchValues(
  kind: DeclarationKind,
  path: Path,
  word: string,
  facts: EditorFacts,
): readonly CompletionMatch[] {
  const format = listAlternatives(kind, path).find((node) => node.format !== undefined)?.format;
  if (format === 'environment')
    return listEnvironmentNames(facts).map((text) => createMatch(text, 'environment'));
  if (format === 'policy') return matchReferences(facts, word);
  return listWords(kind, path).map((text) => ({
    ...createMatch(text, 'value'),
    about: describeAllowed(kind, path),
  }));
}

function completeCommand(source: Source, cursor: number, facts: EditorFacts): Completion {
  const { line, column } = source.locate(cursor);
  const text = source.readLine(line).slice(0, column - 1);
  const name = readCommandName(text);
  const typed = /[^\s=]*$/.exec(text)?.[0] ?? '';
  if (name === undefined) return createCompletion([], typed, cursor);
  const words = text
    .trimStart()
    .slice(0, -typed.length || undefined)
    .split(/\s+/)
    .slice(1);
  const place = words.filter((word) => word !== '' && !word.includes('=')).length;
  return createCompletion(matchArguments(name, place, typed, facts), typed, cursor);
}

function matchArguments(
  name: CommandName,
  place: number,
  typed: string,
  facts: EditorFacts,
): readonly CompletionMatch[] {
  const shape = getCommandShape(name);
  const kind: ArgumentKind | undefined = shape.positionals[place]?.kind;
  const keys = Object.keys(shape.keys).map((key) => createMatch(`${key}=`, 'key'));
  if (kind === 'reference') return [...matchReferences(facts, typed), ...keys];
  const recorded = [...facts.runs, ...facts.comparisons].map((run) => createMatch(run, 'run'));
  return kind === 'run' ? [...recorded, ...keys] : keys;
}

function matchReferences(facts: EditorFacts, word: string): readonly CompletionMatch[] {
  return listPolicyReferences(facts, word).map((text) =>
    createMatch(text, facts.runs.includes(text) ? 'run' : 'policy'),
  );
}

function createMatch(text: string, kind: CompletionMatch['kind']): CompletionMatch {
  return { text, kind, about: '' };
}

/** Keeps what starts with the typed word, whatever its case. */
function createCompletion(
  matches: readonly CompletionMatch[] | undefined,
  typed: string,
  cursor: number,
): Completion {
  const start = cursor - typed.length;
  const kept = (matches ?? []).filter(({ text }) => text.toLowerCase().startsWith(typed.toLowerCase()));
  return { matches: kept, start, end: cursor };
}
